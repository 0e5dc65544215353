/**
 * The layout of the store. Numbers are big-endian, so that bytes sort as numbers; a trace id is 16 bytes.
 *
 *   traces   trace 00                        → last written u48 ms                      when the trace was last written to
 *            trace 01 service u32 ~latest    → nothing                                  a key of `index`, to delete it by
 *            trace 02 group u64              → length u32, resource, scope              what spans share, by its hash
 *            trace 03 span id u64, hash u64  → group u64, span                          a span, by its id and content
 *   ages     last written u48 ms, trace      → nothing
 *   index    service u32, ~latest u64, trace → earliest u64, longest u64, {operation u32}
 *   names    00                              → next number u32
 *            01 hash of service 16           → service u32, seen u48 ms, name
 *            02 service u32, hash 16         → operation u32, kind u8, seen u48 ms, name
 *
 * `~latest` is the complement of the latest start (ns) of the service's spans in the trace that one commit brought, so
 * that the newest come first. No entry of `index` covers more than {@link indexSpan}.
 */
export const part = { header: 0, indexed: 1, group: 2, span: 3 } as const;

/** Starts further apart than this many nanoseconds never share an entry of the index. */
export const indexSpan = 60_000_000_000n;

/** An entry with more operations than this stands for any: whoever searches must look into the trace. */
const maxIndexedOperations = 64;

/** A trace that is written to often is stamped anew only after so many milliseconds: retention allows for it. */
export const stampMs = 1_000;

const idBytes = 16;
const allOnes = 2n ** 64n - 1n;

/** A trace id of 32 hex digits as bytes. */
export const traceKey = (traceId: string): Buffer => Buffer.from(traceId, 'hex');

/** `trace` followed by the number of a part: the begin of all keys of that part. */
export const partKey = (trace: Buffer, number: number): Buffer => {
  const key = Buffer.allocUnsafe(idBytes + 1);
  trace.copy(key, 0, 0, idBytes);
  key[idBytes] = number;
  return key;
};

/** Reads a time in milliseconds; such a value is six bytes long. */
export const readMillis = (bytes: Buffer, at: number): number => bytes.readUIntBE(at, 6);

/** The value that says when a trace was last written to. */
export const millisValue = (millis: number): Buffer => {
  const value = Buffer.allocUnsafe(6);
  value.writeUIntBE(millis, 0, 6);
  return value;
};

/** The key in `ages` of a trace that was last written to at `millis`. */
export const ageKey = (millis: number, trace: Buffer): Buffer => {
  const key = Buffer.allocUnsafe(6 + idBytes);
  key.writeUIntBE(millis, 0, 6);
  trace.copy(key, 6, 0, idBytes);
  return key;
};

/** Where entries of `service` begin that reach no later than `latest`; the newest of them first. */
export const indexPosition = (service: number, latest: bigint): Buffer => {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt32BE(service, 0);
  key.writeBigUInt64BE(allOnes - latest, 4);
  return key;
};

/** The key of an entry of the index. */
export const indexKey = (service: number, latest: bigint, trace: Buffer): Buffer =>
  Buffer.concat([indexPosition(service, latest), trace]);

/** The key under which a trace remembers an entry of the index. */
export const indexedKey = (trace: Buffer, entry: Buffer): Buffer =>
  Buffer.concat([partKey(trace, part.indexed), entry.subarray(0, 12)]);

/** The entry of the index that a key made by {@link indexedKey} stands for. */
export const indexedEntry = (key: Buffer): Buffer =>
  Buffer.concat([key.subarray(idBytes + 1, idBytes + 13), key.subarray(0, idBytes)]);

/** An entry of the index. Times in nanoseconds. */
export interface IndexEntry {
  readonly trace: Buffer;
  readonly earliest: bigint;
  readonly latest: bigint;
  /** The longest duration among its spans. */
  readonly longest: bigint;
  /** Numbers of the operations; more than {@link maxIndexedOperations} are not listed: undefined. */
  readonly operations: readonly number[] | undefined;
}

/** The value of an entry of the index; times in nanoseconds. */
export const indexValue = (entry: {
  readonly earliest: bigint;
  readonly longest: bigint;
  readonly operations: ReadonlySet<number>;
}): Buffer => {
  const listed = entry.operations.size <= maxIndexedOperations ? [...entry.operations] : [];
  const value = Buffer.allocUnsafe(16 + 4 * listed.length);
  value.writeBigUInt64BE(entry.earliest, 0);
  value.writeBigUInt64BE(entry.longest, 8);
  listed.forEach((operation, index) => value.writeUInt32BE(operation, 16 + 4 * index));
  return value;
};

/** The entry that a key and value of the index stand for; its trace is a view of the key. */
export const readIndexEntry = (key: Buffer, value: Buffer): IndexEntry => {
  const operations: number[] = [];
  for (let at = 16; at < value.length; at += 4) operations.push(value.readUInt32BE(at));
  return {
    trace: key.subarray(12, 12 + idBytes),
    latest: allOnes - key.readBigUInt64BE(4),
    earliest: value.readBigUInt64BE(0),
    longest: value.readBigUInt64BE(8),
    operations: operations.length === 0 ? undefined : operations,
  };
};

/** Resource and scope as one value. */
export const groupValue = (resource: Uint8Array, scope: Uint8Array): Buffer => {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(resource.length, 0);
  return Buffer.concat([length, resource, scope]);
};

/** Resource and scope of a value made by {@link groupValue}: views, not copies. */
export const readGroup = (value: Buffer): { readonly resource: Buffer; readonly scope: Buffer } => {
  const end = 4 + value.readUInt32BE(0);
  return { resource: value.subarray(4, end), scope: value.subarray(end) };
};
