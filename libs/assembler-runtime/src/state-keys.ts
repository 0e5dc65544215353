import type { StateChange } from '@kaizen-trace/assembler-core';

/*
 * trace      t:TRACE
 * operation  o:OFFSET:TRACE
 * held       h:OFFSET:TRACE
 *
 * OFFSET is decimal, of the PRE's or POST's record. TRACE is the trace id as sent; in it a backslash is doubled, and half
 * of a surrogate pair, which UTF-8 cannot carry, is \uXXXX.
 */

/** What a key says of its entry. */
export type StateKey =
  | { readonly type: 'trace'; readonly traceId: string }
  | { readonly type: 'operation' | 'held'; readonly traceId: string; readonly offset: bigint };

/** TRACE of a trace's keys. */
export const escapeTraceId = (traceId: string): string =>
  traceId.isWellFormed() && !traceId.includes('\\')
    ? traceId
    : traceId
        .replaceAll('\\', '\\\\')
        .replaceAll(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);

/** The trace id of a key's TRACE. */
export const unescapeTraceId = (text: string): string =>
  text.includes('\\')
    ? text.replaceAll(/\\(?:\\|u([0-9a-f]{4}))/g, (_, hex: string | undefined) =>
        hex === undefined ? '\\' : String.fromCharCode(parseInt(hex, 16)),
      )
    : text;

/** The key under which a change is stored: the same for all changes of one entry, of no other, and never `partition`. */
export const stateChangeKey = (change: StateChange): string => {
  const trace = escapeTraceId(change.traceId);
  return change.type === 'trace'
    ? `t:${trace}`
    : `${change.type === 'operation' ? 'o' : 'h'}:${change.offset}:${trace}`;
};

/** What a key says; undefined where it is none of these. */
export const parseStateKey = (key: string): StateKey | undefined => {
  if (key.startsWith('t:')) return { type: 'trace', traceId: unescapeTraceId(key.slice(2)) };
  const found = /^([oh]):(\d+):/.exec(key);
  if (found === null) return undefined;
  const [prefix, letter, offset] = found as unknown as [string, string, string];
  return {
    type: letter === 'o' ? 'operation' : 'held',
    traceId: unescapeTraceId(key.slice(prefix.length)),
    offset: BigInt(offset),
  };
};
