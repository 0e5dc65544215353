import type { Fields, HookContext, HookResult, JsonValue } from '@kaizen-trace/contracts';
import { changed, isArray, Masking, type MaskingOptions } from './masking.js';

/** What is masked, and whether. */
export interface RedactorOptions extends MaskingOptions {
  /** False: everything comes back as it is. Default true. */
  readonly enabled?: boolean | undefined;
}

/** Masks secrets. What has nothing to mask comes back as the very same value; what is masked is a copy. */
export interface Redactor {
  /** For the JSON text of one event. A text that is no JSON is masked as one string. */
  readonly json: (line: string) => string;
  /** For `data`, or any other object. */
  readonly fields: (fields: Fields) => Fields;
  readonly event: (event: HookContext) => HookContext;
}

/** By these an event is known, wherever it stands: masked, it would belong to another trace or call. */
const identity = new Set([
  'event_type',
  'agent_id',
  'trace_id',
  'timestamp',
  'event_id',
  'service_name',
  'call_id',
  'parent_call_id',
]);

/** What `metadata` may hold in the place of fields of the event. */
const metadataIdentity = new Set(['service_name', 'call_id', 'parent_call_id', 'parent_span_id']);

/** What a result says in words; its other members are masked by no rule. */
const resultTexts = new Set(['error', 'stack', 'data']);

const isFields = (value: JsonValue): value is Fields =>
  typeof value === 'object' && value !== null && !isArray(value);

/** One event as JSON has it, with the names of the contract. */
const maskEventJson = (masking: Masking, event: JsonValue): JsonValue => {
  if (!isFields(event)) return masking.value(event, 1);
  return changed(event, (value, key) => {
    if (identity.has(key)) return value;
    if (key === 'data' && isFields(value)) return masking.fields(value);
    if (key === 'metadata' && isFields(value)) return masking.fields(value, metadataIdentity);
    if (key === 'result' && isFields(value))
      return changed(value, (member, name) => (resultTexts.has(name) ? masking.value(member, 1) : member));
    return masking.fields({ [key]: value })[key]!;
  });
};

const maskLine = (masking: Masking, line: string): string => {
  let event: JsonValue;
  try {
    event = JSON.parse(line) as JsonValue;
  } catch {
    return masking.text(line);
  }
  const masked = maskEventJson(masking, event);
  return masked === event ? line : JSON.stringify(masked);
};

const maskResult = (masking: Masking, result: HookResult): HookResult => {
  const error = result.error === undefined ? undefined : masking.text(result.error);
  const stack = result.stack === undefined ? undefined : masking.text(result.stack);
  if (error === result.error && stack === result.stack) return result;
  return {
    ...result,
    ...(error === undefined ? {} : { error }),
    ...(stack === undefined ? {} : { stack }),
  };
};

const maskEvent = (masking: Masking, event: HookContext): HookContext => {
  const data = masking.fields(event.data);
  const metadata = masking.fields(event.metadata, metadataIdentity);
  const result = event.result === undefined ? undefined : maskResult(masking, event.result);
  if (data === event.data && metadata === event.metadata && result === event.result) return event;
  return { ...event, data, metadata, ...(result === undefined ? {} : { result }) };
};

const passing: Redactor = { json: (line) => line, fields: (fields) => fields, event: (event) => event };

/**
 * A redactor. It masks what stands under sensitive keys at any depth, and secrets by their form within strings, in
 * `data`, `metadata` and what a result says; ids, names, types and times stay. Masking twice changes nothing more.
 *
 * @throws TypeError where a string of `keys` has no letter a to z.
 */
export const createRedactor = ({ enabled = true, ...options }: RedactorOptions = {}): Redactor => {
  if (!enabled) return passing;
  const masking = new Masking(options);
  return {
    json: (line) => (masking.mayHold(line) ? maskLine(masking, line) : line),
    fields: (fields) => masking.fields(fields),
    event: (event) => maskEvent(masking, event),
  };
};
