import { kinds } from './kinds.js';
import type { Kind } from './kinds.js';

/**
 * A trace as columns of numbers, so that 50,000 spans cross from the worker in a moment and take little room. A row is
 * a span; parents come before their children, and the descendants of a row are the rows up to its `end`.
 */
export interface TraceColumns {
  readonly traceId: string;
  readonly count: number;
  readonly names: readonly string[];
  readonly nameOf: Uint32Array;
  readonly services: readonly string[];
  readonly serviceOf: Uint32Array;
  readonly agents: readonly string[];
  readonly agentOf: Uint32Array;
  /** Index in {@link kinds}. */
  readonly kindOf: Uint8Array;
  readonly flags: Uint16Array;
  readonly parent: Int32Array;
  readonly end: Int32Array;
  readonly depth: Int32Array;
  /** Microseconds since the epoch. */
  readonly start: Float64Array;
  /** Microseconds; of what is running, up to the end of the trace. */
  readonly duration: Float64Array;
  readonly inputTokens: Float64Array;
  readonly outputTokens: Float64Array;
  readonly spanIds: readonly string[];
  /** The whole trace, in microseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Of the backend, about the whole trace. */
  readonly warnings: readonly string[];
}

/** The buffers of the columns, to be handed over instead of copied. */
export const buffersOf = (columns: TraceColumns): ArrayBuffer[] =>
  Object.values(columns)
    .filter((value) => ArrayBuffer.isView(value))
    .map(({ buffer }) => buffer as ArrayBuffer);

/** A span's name. */
export const nameAt = ({ names, nameOf }: TraceColumns, row: number): string => names[nameOf[row]!] ?? '';

/** A span's service. */
export const serviceAt = ({ services, serviceOf }: TraceColumns, row: number): string =>
  services[serviceOf[row]!] ?? '';

/** A span's agent; empty where it names none. */
export const agentAt = ({ agents, agentOf }: TraceColumns, row: number): string => agents[agentOf[row]!] ?? '';

/** What a span's operation is. */
export const kindAt = ({ kindOf }: TraceColumns, row: number): Kind => kinds[kindOf[row]!] ?? 'other';

/** Whether a row has one of these flags. */
export const hasFlag = ({ flags }: TraceColumns, row: number, wanted: number): boolean =>
  (flags[row]! & wanted) !== 0;
