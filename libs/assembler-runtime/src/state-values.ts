import type {
  Attribute,
  AttributeValue,
  Fields,
  HookContext,
  HookResult,
  JsonValue,
  SpanEvent,
} from '@kaizen-trace/contracts';
import { micros, nanos } from '@kaizen-trace/contracts';
import type { StateReader, StateWriter } from './state-bytes.js';
import { BrokenBytesError } from './state-bytes.js';

/*
 * attribute  key:string tag:byte value
 *   tag 0 string · 1 number:double · 2 false · 3 true · 4 {double} · 5 list of string · 6 list of double · 7 list of boolean
 * spanEvent  name:string time:varint attributes:list dropped:varint
 * json       tag:byte value
 *   tag 0 null · 1 false · 2 true · 3 double · 4 string · 5 list of json, none of them nested · 6 nested, as JSON text:string
 * event      eventId eventType agentId:string timestamp:varint, optional serviceName callId parentCallId, data metadata:list of (key:string json),
 *            optional result (success:boolean, optional error errorType stack:string, optional durationMs:double)
 */

const isStrings = (value: readonly unknown[]): value is readonly string[] => typeof value[0] === 'string';
const isNumbers = (value: readonly unknown[]): value is readonly number[] => typeof value[0] === 'number';

const writeList = (
  writer: StateWriter,
  value: readonly string[] | readonly number[] | readonly boolean[],
): void => {
  if (value.length === 0 || isStrings(value)) {
    writer.byte(5);
    writer.list(value as readonly string[], (item) => writer.string(item));
  } else if (isNumbers(value)) {
    writer.byte(6);
    writer.list(value, (item) => writer.double(item));
  } else {
    writer.byte(7);
    writer.list(value, (item) => writer.boolean(item));
  }
};

const isList = (value: AttributeValue): value is readonly string[] | readonly number[] | readonly boolean[] =>
  Array.isArray(value);

const writeAttribute = (writer: StateWriter, [key, value]: Attribute): void => {
  writer.string(key);
  if (typeof value === 'string') {
    writer.byte(0);
    writer.string(value);
  } else if (typeof value === 'number') {
    writer.byte(1);
    writer.double(value);
  } else if (typeof value === 'boolean') writer.byte(value ? 3 : 2);
  else if (isList(value)) writeList(writer, value);
  else {
    writer.byte(4);
    writer.double(value.double);
  }
};

const readAttributeValue = (reader: StateReader): AttributeValue => {
  const tag = reader.byte();
  switch (tag) {
    case 0:
      return reader.string();
    case 1:
      return reader.double();
    case 2:
    case 3:
      return tag === 3;
    case 4:
      return { double: reader.double() };
    case 5:
      return reader.list(() => reader.string());
    case 6:
      return reader.list(() => reader.double());
    case 7:
      return reader.list(() => reader.boolean());
    default:
      throw new BrokenBytesError(`no attribute has the tag ${tag}`);
  }
};

/** Writes attributes in their order. */
export const writeAttributes = (writer: StateWriter, attributes: readonly Attribute[]): void =>
  writer.list(attributes, (attribute) => writeAttribute(writer, attribute));

/** Reads what {@link writeAttributes} wrote. */
export const readAttributes = (reader: StateReader): readonly Attribute[] =>
  reader.list((): Attribute => [reader.string(), readAttributeValue(reader)]);

/** Writes a span event. */
export const writeSpanEvent = (writer: StateWriter, spanEvent: SpanEvent): void => {
  writer.string(spanEvent.name);
  writer.bigUint(spanEvent.time);
  writeAttributes(writer, spanEvent.attributes);
  writer.uint(spanEvent.droppedAttributes);
};

/** Reads what {@link writeSpanEvent} wrote. */
export const readSpanEvent = (reader: StateReader): SpanEvent => ({
  name: reader.string(),
  time: nanos(reader.bigUint()),
  attributes: readAttributes(reader),
  droppedAttributes: reader.uint(),
});

const writeFields = (writer: StateWriter, fields: Fields): void =>
  writer.list(Object.entries(fields), ([key, value]) => {
    writer.string(key);
    writeJson(writer, value);
  });

const isFlat = (value: JsonValue): value is readonly (null | boolean | number | string)[] =>
  Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object');

// Nested values as text, as on the event log: tagged value by value they could outgrow a message.
const writeJson = (writer: StateWriter, value: JsonValue): void => {
  if (value === null) writer.byte(0);
  else if (typeof value === 'boolean') writer.byte(value ? 2 : 1);
  else if (typeof value === 'number') {
    writer.byte(3);
    writer.double(value);
  } else if (typeof value === 'string') {
    writer.byte(4);
    writer.string(value);
  } else if (isFlat(value)) {
    writer.byte(5);
    writer.list(value, (item) => writeJson(writer, item));
  } else {
    writer.byte(6);
    writer.string(JSON.stringify(value));
  }
};

const parseJson = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new BrokenBytesError('a nested value is no JSON', { cause });
  }
};

const readFields = (reader: StateReader): Fields => {
  // No prototype, so that a key such as `__proto__` is only a key.
  const fields = Object.create(null) as Record<string, JsonValue>;
  for (const [key, value] of reader.list((): [string, JsonValue] => [reader.string(), readJson(reader)])) {
    fields[key] = value;
  }
  return fields;
};

const readJson = (reader: StateReader): JsonValue => {
  const tag = reader.byte();
  switch (tag) {
    case 0:
      return null;
    case 1:
    case 2:
      return tag === 2;
    case 3:
      return reader.double();
    case 4:
      return reader.string();
    case 5:
      return reader.list(() => readJson(reader));
    case 6:
      return parseJson(reader.string());
    default:
      throw new BrokenBytesError(`no JSON value has the tag ${tag}`);
  }
};

const writeResult = (writer: StateWriter, result: HookResult): void => {
  const text = (value: string): void => writer.string(value);
  writer.boolean(result.success);
  writer.optional(result.error, text);
  writer.optional(result.errorType, text);
  writer.optional(result.stack, text);
  writer.optional(result.durationMs, (value) => writer.double(value));
};

/** Only what is there: an absent field stays absent. */
const present = <Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;

const readResult = (reader: StateReader): HookResult => {
  const text = (): string => reader.string();
  return {
    success: reader.boolean(),
    ...present('error', reader.optional(text)),
    ...present('errorType', reader.optional(text)),
    ...present('stack', reader.optional(text)),
    ...present(
      'durationMs',
      reader.optional(() => reader.double()),
    ),
  };
};

/** All of an event but its trace id, which the entry's key has. */
export const writeEvent = (writer: StateWriter, event: HookContext): void => {
  const text = (value: string): void => writer.string(value);
  writer.string(event.eventId);
  writer.string(event.eventType);
  writer.string(event.agentId);
  writer.bigUint(event.timestamp);
  writer.optional(event.serviceName, text);
  writer.optional(event.callId, text);
  writer.optional(event.parentCallId, text);
  writeFields(writer, event.data);
  writeFields(writer, event.metadata);
  writer.optional(event.result, (result) => writeResult(writer, result));
};

/** Reads an event of the trace, whose id stands in the key of its entry. */
export const readEvent = (reader: StateReader, traceId: string): HookContext => {
  const text = (): string => reader.string();
  return {
    eventId: reader.string(),
    traceId,
    eventType: reader.string(),
    agentId: reader.string(),
    timestamp: micros(reader.bigUint()),
    ...present('serviceName', reader.optional(text)),
    ...present('callId', reader.optional(text)),
    ...present('parentCallId', reader.optional(text)),
    data: readFields(reader),
    metadata: readFields(reader),
    ...present(
      'result',
      reader.optional(() => readResult(reader)),
    ),
  };
};
