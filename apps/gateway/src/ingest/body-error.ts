/** A body cannot be read to its end. Refuse it whole: nothing of it may be appended. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly code = 'KAIZEN_BODY';
  constructor(
    readonly kind: 'too-large' | 'broken' | 'busy' | 'aborted',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
