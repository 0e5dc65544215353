import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RedactorOptions } from '@kaizen-trace/redaction';
import type { HookContextInit } from '../hooks/hook-context.js';
import { isEnding } from './exit-flush.js';
import { ringBytes } from './ring.js';

/** What every publisher takes. Sizes in bytes, times in milliseconds. */
export interface PublisherOptions {
  /** Memory for events that wait, rounded up to a power of two; 2 MiB to 1 GiB. 8 MiB unless told. */
  readonly bufferBytes?: number | undefined;
  /**
   * When the other side is away and there is no more room: `drop-oldest` (unless told) gives up the oldest events,
   * `block` has the call wait for room and then refuses, `spool` writes every event to disk before it is accepted.
   */
  readonly overflow?: 'drop-oldest' | 'block' | 'spool' | undefined;
  /** With `block`: how long a call waits; 1,000 unless told. */
  readonly blockTimeoutMs?: number | undefined;
  /** With `spool`. */
  readonly spool?:
    | {
        /** On a local disk, made where it is missing; processes may share it. */
        readonly directory: string;
        /** At least 8 MiB. 1 GiB unless told. */
        readonly maxBytes?: number | undefined;
      }
    | undefined;
  /** When a batch goes out: whichever comes first. */
  readonly batch?:
    | {
        /** 512 unless told. */
        readonly events?: number | undefined;
        /** 256 KiB unless told. */
        readonly bytes?: number | undefined;
        /** How long a first event waits for company; 50 unless told. */
        readonly lingerMs?: number | undefined;
      }
    | undefined;
  /** How long the end of the process may be held up for the rest to be sent; 2,000 unless told, 0: not at all. */
  readonly exitFlushMs?: number | undefined;
  /** What is masked before an event is kept; `{ enabled: false }`: nothing. */
  readonly redaction?: RedactorOptions | undefined;
  /** Runs before that, on the agent's thread. What it gives is published in the place of the event. */
  readonly redact?: ((event: HookContextInit) => HookContextInit) | undefined;
  /** Told of each kind of problem at most once a minute. `process.emitWarning` unless told. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/** Options with every default filled in. */
export interface CompiledOptions {
  readonly overflow: 'drop-oldest' | 'block' | 'spool';
  readonly bufferBytes: number;
  readonly blockTimeoutMs: number;
  readonly spool: { readonly directory: string; readonly maxBytes: number } | undefined;
  readonly batch: { readonly events: number; readonly bytes: number; readonly lingerMs: number };
  readonly exitFlushMs: number;
  readonly redaction: RedactorOptions | undefined;
  readonly redact: ((event: HookContextInit) => HookContextInit) | undefined;
  readonly onProblem: (message: string) => void;
}

const kib = 1024;
const mib = 1024 * kib;
const policies = ['drop-oldest', 'block', 'spool'] as const;

/** The smallest spool: eight segments of 1 MiB. */
export const minSpoolBytes = 8 * mib;

const numberIn = (name: string, value: unknown, range: readonly [number, number, number]): number => {
  const [usual, least, most] = range;
  if (value === undefined) return usual;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`${name}: give a whole number from ${least} to ${most}, or leave it out for ${usual}`);
};

const functionOr = <Given>(name: string, value: Given | undefined): Given | undefined => {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`${name}: give a function, or leave it out`);
};

/** The names of the options that every publisher takes. */
const shared: Readonly<Record<keyof PublisherOptions, true>> = {
  bufferBytes: true,
  overflow: true,
  blockTimeoutMs: true,
  spool: true,
  batch: true,
  exitFlushMs: true,
  redaction: true,
  redact: true,
  onProblem: true,
};

/**
 * Refuses an option that does not exist: passed over, it would let the publisher go elsewhere than was meant.
 *
 * @throws TypeError naming it, and the options that there are.
 */
export const refuseUnknown = (publisher: string, options: object, own: readonly string[]): void => {
  const known = [...own, ...Object.keys(shared)];
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new TypeError(
      `${publisher}: ${unknown.join(', ')} does not exist; options are ${known.join(', ')}`,
    );
};

const spoolOf = ({ overflow, spool }: PublisherOptions): CompiledOptions['spool'] => {
  if (overflow !== 'spool') {
    if (spool === undefined) return undefined;
    throw new TypeError("spool: only of use with overflow: 'spool'; set that, or leave `spool` out");
  }
  if (typeof spool?.directory !== 'string' || spool.directory === '')
    throw new TypeError("spool.directory: overflow: 'spool' needs a directory to write to; name one");
  const maxBytes = numberIn('spool.maxBytes', spool.maxBytes, [1024 * mib, minSpoolBytes, 1024 ** 5]);
  return { directory: resolve(spool.directory), maxBytes };
};

const warn = (message: string): void => {
  // A warning is printed a little later; at the very end there is no later.
  if (isEnding()) writeSync(2, `(node:${process.pid}) KaizenTraceWarning: ${message}\n`);
  else process.emitWarning(message, 'KaizenTraceWarning');
};

/** Fills in the defaults. @throws TypeError naming the option that is wrong, and what to give in its place. */
export const compileOptions = (options: PublisherOptions): CompiledOptions => {
  const { overflow = 'drop-oldest', batch = {} } = options;
  if (!policies.includes(overflow))
    throw new TypeError(`overflow: give one of ${policies.map((each) => `'${each}'`).join(', ')}`);
  return {
    overflow,
    bufferBytes: ringBytes(numberIn('bufferBytes', options.bufferBytes, [8 * mib, 2 * mib, 1024 * mib])),
    blockTimeoutMs: numberIn('blockTimeoutMs', options.blockTimeoutMs, [1_000, 0, 600_000]),
    spool: spoolOf(options),
    batch: {
      events: numberIn('batch.events', batch.events, [512, 1, 10_000]),
      bytes: numberIn('batch.bytes', batch.bytes, [256 * kib, kib, 8 * mib]),
      lingerMs: numberIn('batch.lingerMs', batch.lingerMs, [50, 0, 60_000]),
    },
    exitFlushMs: numberIn('exitFlushMs', options.exitFlushMs, [2_000, 0, 60_000]),
    redaction: options.redaction,
    redact: functionOr('redact', options.redact),
    onProblem: functionOr('onProblem', options.onProblem) ?? warn,
  };
};
