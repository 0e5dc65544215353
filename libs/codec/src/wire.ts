import { emptyFields, readJsonValue, refuse } from '@kaizen-trace/contracts';
import type {
  EventCandidate,
  Fields,
  HookContext,
  HookResult,
  JsonValue,
  Micros,
} from '@kaizen-trace/contracts';
import type { Entry } from './entries.js';

/** A nested value as JSON text: the schema's record `Json`. */
export interface WireJson {
  readonly json: string;
}

/** A value of a map on the wire. */
export type WireValue =
  null | boolean | number | string | readonly (null | boolean | number | string)[] | WireJson;

/** The schema's `HookResult`; absent is null, or undefined when written. */
export interface WireResult {
  readonly success: boolean;
  readonly error?: string | null | undefined;
  readonly error_type?: string | null | undefined;
  readonly stack?: string | null | undefined;
  readonly duration_ms?: number | null | undefined;
}

/** The schema's `HookContext`, with its maps as what they are written from or read as. */
export interface WireEvent<Maps> {
  readonly event_id: string;
  readonly trace_id: string;
  readonly event_type: string;
  readonly agent_id: string;
  readonly timestamp: bigint;
  readonly service_name?: string | null | undefined;
  readonly call_id?: string | null | undefined;
  readonly parent_call_id?: string | null | undefined;
  readonly data: Maps;
  readonly metadata: Maps;
  readonly result: WireResult | null;
}

/** Why a record that can be read is still no event. */
export type WireProblem =
  | { readonly type: 'broken'; readonly reason: string }
  | { readonly type: 'invalid'; readonly field: string | null; readonly reason: string };

const isNested = (value: JsonValue): boolean => typeof value === 'object' && value !== null;

const toWireValue = (value: JsonValue): WireValue => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value) && !value.some(isNested)) return value as WireValue;
  return { json: JSON.stringify(value) };
};

const toWireFields = (fields: Fields): Readonly<Record<string, unknown>> => {
  const keys = Object.keys(fields);
  if (!keys.some((key) => isNested(fields[key] ?? null))) return fields;
  const wire: Record<string, unknown> = emptyFields();
  for (const key of keys) wire[key] = toWireValue(fields[key] ?? null);
  return wire;
};

/** The record that avsc writes for an event. Shares with the event what needs no change. */
export const toWire = (event: HookContext): WireEvent<Readonly<Record<string, unknown>>> => ({
  event_id: event.eventId,
  trace_id: event.traceId,
  event_type: event.eventType,
  agent_id: event.agentId,
  timestamp: event.timestamp,
  service_name: event.serviceName,
  call_id: event.callId,
  parent_call_id: event.parentCallId,
  data: toWireFields(event.data),
  metadata: toWireFields(event.metadata),
  result:
    event.result === undefined
      ? null
      : {
          success: event.result.success,
          error: event.result.error,
          error_type: event.result.errorType,
          stack: event.result.stack,
          duration_ms: event.result.durationMs,
        },
});

/** The first problem met while reading a record. */
export interface Findings {
  problem: WireProblem | undefined;
}

/** A double that JSON cannot hold: no event may have it. */
export const notFinite = (field: string): WireProblem => ({
  ...refuse(field, 'is not a finite number'),
  type: 'invalid',
});

/** The value of a `Json` record; null, and a problem found, where its text has none. */
export const readJson = (findings: Findings, json: string, field: string): JsonValue => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    const { field: short } = refuse(field, '');
    findings.problem ??= { type: 'broken', reason: `the JSON text of ${short ?? field} cannot be parsed` };
    return null;
  }
  const reading = readJsonValue(value, field);
  if (reading.type === 'read') return reading.value;
  findings.problem ??= { type: 'invalid', field: reading.field, reason: reading.reason };
  return null;
};

const readNumber = (findings: Findings, value: number, field: string): number => {
  if (!Number.isFinite(value)) findings.problem ??= notFinite(field);
  return value + 0;
};

const readValue = (findings: Findings, { key, value }: Entry<WireValue>, map: string): JsonValue => {
  if (typeof value === 'number') return readNumber(findings, value, `${map}.${key}`);
  if (typeof value !== 'object' || value === null) return value;
  if ('json' in value) return readJson(findings, value.json, `${map}.${key}`);
  return value.map((item, index) =>
    typeof item === 'number' ? readNumber(findings, item, `${map}.${key}.${index}`) : item,
  );
};

const readMap = (findings: Findings, entries: readonly Entry<WireValue>[], map: string): Fields => {
  const fields = emptyFields();
  for (const entry of entries) {
    const { key, value } = entry;
    fields[key] = typeof value === 'string' ? value : readValue(findings, entry, map);
  }
  return fields;
};

const readResult = (result: WireResult): HookResult => ({
  success: result.success,
  ...(typeof result.error === 'string' ? { error: result.error } : {}),
  ...(typeof result.error_type === 'string' ? { errorType: result.error_type } : {}),
  ...(typeof result.stack === 'string' ? { stack: result.stack } : {}),
  ...(typeof result.duration_ms === 'number' ? { durationMs: result.duration_ms + 0 } : {}),
});

/** What a record says, ready for the contract's rules. The later of two equal keys wins. */
export const fromWire = (wire: WireEvent<readonly Entry<WireValue>[]>): EventCandidate | WireProblem => {
  const findings: Findings = { problem: undefined };
  const data = readMap(findings, wire.data, 'data');
  const metadata = readMap(findings, wire.metadata, 'metadata');
  if (findings.problem !== undefined) return findings.problem;
  return {
    eventId: wire.event_id,
    traceId: wire.trace_id,
    eventType: wire.event_type,
    agentId: wire.agent_id,
    timestamp: wire.timestamp as Micros,
    serviceName: wire.service_name ?? undefined,
    callId: wire.call_id ?? undefined,
    parentCallId: wire.parent_call_id ?? undefined,
    data,
    metadata,
    result: wire.result === null ? undefined : readResult(wire.result),
  };
};
