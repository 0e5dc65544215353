import { unreachable } from '@kaizen-trace/contracts';
import { goFloat } from './go-format.js';
import type { JaegerSpan, Log, Process, Reference, Tag } from './model.js';

const text = (value: string): string => JSON.stringify(value);
const maxSafe = 2n ** 53n - 1n;

/** Microseconds as Jaeger prints them: cut towards zero, then as an unsigned number of 64 bits. */
const micros = (nanoseconds: bigint): string => BigInt.asUintN(64, nanoseconds / 1_000n).toString();

/** A trace id as Jaeger prints it: 16 digits where the upper half is zero, else 32. */
export const shownTraceId = (traceId: string): string =>
  traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId;

const valueJson = (tag: Tag): string => {
  switch (tag.type) {
    case 'string':
      return text(tag.value);
    case 'bool':
      return String(tag.value);
    case 'int64':
      return tag.value > maxSafe || tag.value < -maxSafe ? `"${tag.value}"` : tag.value.toString();
    case 'float64':
      // Jaeger fails the whole answer at a number that JSON cannot say; here it stands as text.
      return Number.isFinite(tag.value) ? goFloat(tag.value) : text(String(tag.value));
    case 'binary':
      return tag.value.length === 0 ? 'null' : text(Buffer.from(tag.value).toString('base64'));
    default:
      return unreachable(tag);
  }
};

const tagJson = (tag: Tag): string =>
  `{"key":${text(tag.key)},"type":"${tag.type}","value":${valueJson(tag)}}`;

const tagsJson = (tags: readonly Tag[]): string => `[${tags.map(tagJson).join(',')}]`;

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

/**
 * One trace as Jaeger's HTTP API prints it, in pieces, so that a long one never stands in memory as one string. Equal
 * processes are numbered once, in the order of their first span.
 */
export function* traceJson(spans: readonly JaegerSpan[], warnings: readonly string[]): Generator<string> {
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
  yield `{"traceID":"${spans[0] === undefined ? '' : shownTraceId(spans[0].traceId)}","spans":[`;
  for (const [index, span] of spans.entries()) {
    yield `${index === 0 ? '' : ','}${spanJson(span, idOf(span.process))}`;
  }
  const entries = [...processes].map(([json, id]) => `"${id}":${json}`);
  yield `],"processes":{${entries.join(',')}},"warnings":${warningsJson(warnings)}}`;
}
