import { unreachable } from '@kaizen-trace/contracts';
import { goFloat } from './go-format.js';
import type { JaegerSpan, Log, Process, Reference, Tag } from './model.js';

const text = (value: string): string => JSON.stringify(value);
const maxSafe = 2n ** 53n - 1n;

/** Microseconds as Jaeger prints them: cut towards zero, then as an unsigned number of 64 bits. */
const micros = (nanoseconds: bigint): string => {
  const cut = nanoseconds / 1_000n;
  // As a number it is printed faster.
  return cut >= 0n && cut <= maxSafe ? String(Number(cut)) : BigInt.asUintN(64, cut).toString();
};

/** A trace id as Jaeger prints it: 16 digits where the upper half is zero, else 32. */
export const shownTraceId = (traceId: string): string =>
  traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId;

const isSafe = (value: bigint): boolean => value <= maxSafe && value >= -maxSafe;

const valueJson = (tag: Tag): string => {
  switch (tag.type) {
    case 'string':
      return text(tag.value);
    case 'bool':
      return String(tag.value);
    case 'int64':
      return isSafe(tag.value) ? String(Number(tag.value)) : `"${tag.value}"`;
    case 'float64':
      // Jaeger fails the whole answer at a number that JSON cannot say; here it stands as text.
      return Number.isFinite(tag.value) ? goFloat(tag.value) : text(String(tag.value));
    case 'binary':
      return tag.value.length === 0 ? 'null' : text(Buffer.from(tag.value).toString('base64'));
    default:
      return unreachable(tag);
  }
};

/** Keys are few and stand in each span, so their text is made once; agents that make up keys do not fill the memory. */
const keyTexts = new Map<string, string>();
const maxKeyTexts = 1_000;
const keyText = (key: string): string => {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const made = text(key);
  if (keyTexts.size < maxKeyTexts) keyTexts.set(key, made);
  return made;
};

const tagsJson = (tags: readonly Tag[]): string => {
  let json = '[';
  for (const tag of tags) {
    if (json.length > 1) json += ',';
    json += `{"key":${keyText(tag.key)},"type":"${tag.type}","value":${valueJson(tag)}}`;
  }
  return `${json}]`;
};

const logJson = ({ time, fields }: Log): string =>
  `{"timestamp":${micros(time)},"fields":${tagsJson(fields)}}`;

const referenceJson = ({ type, traceId, spanId }: Reference): string =>
  `{"refType":"${type}","traceID":"${shownTraceId(traceId)}","spanID":"${spanId}"}`;

const warningsJson = (warnings: readonly string[]): string =>
  warnings.length === 0 ? 'null' : JSON.stringify(warnings);

const spanJson = (span: JaegerSpan, processId: string): string =>
  `{"traceID":"${shownTraceId(span.traceId)}","spanID":"${span.spanId}",` +
  `"operationName":${text(span.operationName)},"references":[${span.references.map(referenceJson).join(',')}],` +
  `"startTime":${micros(span.start)},"duration":${micros(span.duration)},"tags":${tagsJson(span.tags)},` +
  `"logs":[${span.logs.map(logJson).join(',')}],"processID":"${processId}","warnings":${warningsJson(span.warnings)}}`;

const processJson = ({ serviceName, tags }: Process): string =>
  `{"serviceName":${text(serviceName)},"tags":${tagsJson(tags)}}`;

/** Pieces are at least so long, but the last: each costs the stream that takes it. */
const pieceLength = 16_384;

/**
 * One trace as Jaeger's HTTP API prints it, in pieces, so that a long one never stands in memory as one string. Equal
 * processes are numbered once, in the order of their first span. Takes the next span only when the one before is done.
 */
export function* traceJson(spans: Iterable<JaegerSpan>, warnings: readonly string[]): Generator<string> {
  const processes = new Map<string, string>();
  const known = new Map<Process, string>();
  const idOf = (process: Process): string => {
    const already = known.get(process);
    if (already !== undefined) return already;
    const json = processJson(process);
    const id = processes.get(json) ?? `p${processes.size + 1}`;
    processes.set(json, id);
    known.set(process, id);
    return id;
  };
  let piece = '';
  let isFirst = true;
  for (const span of spans) {
    piece += isFirst ? `{"traceID":"${shownTraceId(span.traceId)}","spans":[` : ',';
    isFirst = false;
    piece += spanJson(span, idOf(span.process));
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  if (isFirst) piece = '{"traceID":"","spans":[';
  const entries = [...processes].map(([json, id]) => `"${id}":${json}`);
  yield `${piece}],"processes":{${entries.join(',')}},"warnings":${warningsJson(warnings)}}`;
}
