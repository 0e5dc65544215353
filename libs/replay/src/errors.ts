/** The replay cannot begin, or cannot go on; its message, for people, names the remedy. */
export class ReplayRefusedError extends Error {
  override readonly name = 'ReplayRefusedError';
  readonly code = 'KAIZEN_REPLAY_REFUSED';
}
