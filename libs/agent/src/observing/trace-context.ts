/*
 * W3C Trace Context, level 2, in both directions.
 *
 *   traceparent = "00-" trace-id "-" parent-id "-01"     our OpenTelemetry ids, so that any tool finds the spans
 *   tracestate  = "kaizen=" member *( "," other )
 *   member      = [ "t:" trace_id ";" ] "c:" call_id     percent-encoded; t only where trace_id is not the trace-id itself
 *
 * With the call_id the far side knows its parent exactly, whichever of the two is seen first.
 */
import { callIdentity, otelTraceId, spanIdOf } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/otlp';
import { newCallId } from './new-ids.js';
import type { Run } from './run.js';

/** What goes over the wire with a request; nothing where there is no run. */
export type TraceHeaders = {
  readonly traceparent?: string;
  readonly tracestate?: string;
};

/** Where a request's headers are read from: a plain object such as Node's, in any case, or a `Headers`. */
export type HeaderSource =
  { readonly get: (name: string) => string | null } | Readonly<Record<string, unknown>> | null | undefined;

/** Where a run goes on that began elsewhere. */
export type Continued = Pick<Run, 'traceId' | 'callId' | 'foreignParent' | 'tracestate'>;

const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const memberForm =
  /^([a-z0-9][a-z0-9_\-*/@]{0,255})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])$/;
const allZero = /^0+$/;

const ourKey = 'kaizen';
const mostMembers = 32;
const longestValue = 256;
/** Of all members together: what every system has to hand on. */
const longestState = 512;
/** Members longer than this go first where something has to go. */
const longMember = 128;
/** By the contract's section 1. */
const longestId = 256;

const textsOf = (value: unknown): readonly string[] => {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each) => typeof each === 'string');
};

/** All values of a header; several where it was sent several times. */
const valuesOf = (source: NonNullable<HeaderSource>, name: string): readonly string[] => {
  if (typeof source.get === 'function') {
    const read = source.get as (name: string) => unknown;
    return textsOf(read.call(source, name));
  }
  return Object.entries(source)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => textsOf(value));
};

interface Parent {
  readonly traceId: string;
  readonly spanId: string;
}

/** Later versions may add fields after the ones known; a version 00 with more, and version ff, are malformed. */
const readTraceparent = (text: string): Parent | undefined => {
  const [, version, traceId = '', spanId = '', rest] = traceparentForm.exec(text.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  return allZero.test(traceId) || allZero.test(spanId) ? undefined : { traceId, spanId };
};

/** The members in their order; none where the whole is malformed, as the specification has it. */
const readTracestate = (values: readonly string[]): ReadonlyMap<string, string> => {
  const members = new Map<string, string>();
  for (const each of values.join(',').split(',')) {
    const member = each.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    const [, key, value] = memberForm.exec(member) ?? [];
    if (key === undefined || value === undefined || members.has(key)) return new Map();
    members.set(key, value);
  }
  return members.size > mostMembers ? new Map() : members;
};

const decoded = (text: string): string | undefined => {
  try {
    const value = decodeURIComponent(text);
    return value !== '' && value.length <= longestId ? value : undefined;
  } catch {
    return undefined;
  }
};

interface OurMember {
  readonly traceId: string;
  readonly callId: string;
}

/** Undefined where it is not as we write it, or belongs to another trace than the traceparent beside it. */
const readOurs = (value: string, wireTraceId: string): OurMember | undefined => {
  const [, trace, call = ''] = /^(?:t:([^;]*);)?c:([^;]*)$/.exec(value) ?? [];
  const traceId = trace === undefined ? wireTraceId : decoded(trace);
  const callId = decoded(call);
  if (traceId === undefined || callId === undefined) return undefined;
  return otelTraceId(sha256Hex, traceId) === wireTraceId ? { traceId, callId } : undefined;
};

/**
 * The run that a request's headers, or the `_meta` of an MCP request, go on with; undefined where they name none. What is
 * malformed is passed over, as the specification has it; never throws. A caller that is not ours gives the trace id only:
 * what runs under it has no parent of ours.
 */
export const readTraceContext = (source: HeaderSource): Continued | undefined => {
  if (typeof source !== 'object' || source === null) return undefined;
  try {
    const [traceparent, another] = valuesOf(source, 'traceparent');
    const parent =
      traceparent === undefined || another !== undefined ? undefined : readTraceparent(traceparent);
    if (parent === undefined) return undefined;
    const members = readTracestate(valuesOf(source, 'tracestate'));
    const ours = readOurs(members.get(ourKey) ?? '', parent.traceId);
    return {
      traceId: ours?.traceId ?? parent.traceId,
      callId: ours?.callId,
      foreignParent: ours === undefined ? parent.spanId : undefined,
      tracestate: Array.from(members, ([key, value]) => `${key}=${value}`).filter(
        (member) => !member.startsWith(`${ourKey}=`),
      ),
    };
  } catch {
    // A header object of somebody's making may throw when read.
    return undefined;
  }
};

const ourMember = ({ traceId, callId }: Run, wireTraceId: string): string | undefined => {
  if (callId === undefined) return undefined;
  const trace = traceId === wireTraceId ? '' : `t:${encodeURIComponent(traceId.toWellFormed())};`;
  const value = `${trace}c:${encodeURIComponent(callId.toWellFormed())}`;
  return value.length <= longestValue ? `${ourKey}=${value}` : undefined;
};

/** As many members as may go, ours first; long ones go before short ones, later ones before earlier ones. */
const bounded = (members: readonly string[]): string => {
  const kept = members.slice(0, mostMembers);
  const fits = (): boolean => kept.join(',').length <= longestState;
  for (let at = kept.length - 1; at > 0 && !fits(); at -= 1)
    if ((kept[at]?.length ?? 0) > longMember) kept.splice(at, 1);
  while (kept.length > 1 && !fits()) kept.pop();
  return kept.join(',');
};

/** The headers by which another process goes on with this run, under this operation. Costs two SHA-256. */
export const writeTraceContext = (run: Run): TraceHeaders => {
  const wireTraceId = otelTraceId(sha256Hex, run.traceId);
  const spanId =
    run.callId === undefined
      ? (run.foreignParent ?? newCallId())
      : spanIdOf(sha256Hex, run.traceId, callIdentity(run.callId));
  const traceparent = `00-${wireTraceId}-${spanId}-01`;
  const ours = ourMember(run, wireTraceId);
  const tracestate = bounded(ours === undefined ? run.tracestate : [ours, ...run.tracestate]);
  return tracestate === '' ? { traceparent } : { traceparent, tracestate };
};
