import type { Readable } from 'node:stream';

/** Where text goes. */
export interface Output {
  /** Whether a person looks at it. */
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

/** What a command may touch of its process. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** Results. Written by streams where there is much of it. */
  readonly stdout: NodeJS.WritableStream & Output;
  /** Everything that is said to people. */
  readonly stderr: Output;
  /** Aborts on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
}

/** What the process exits with. */
export const exitCodes = {
  done: 0,
  /** It could not be done: a file, a setting, the log, the gateway. */
  failed: 1,
  /** Done, but some lines were refused. */
  refusedLines: 2,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command cannot go on; its message, for people, names the remedy. Shown without a stack trace, exit 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'KAIZEN_COMMAND_FAILED';
}
