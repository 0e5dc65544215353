import type { Attribute, AttributeValue, Fields, JsonValue } from '@kaizen-trace/contracts';
import type { AssemblySettings } from './settings.js';
import { cut } from './text.js';

/** Metadata that says where the event belongs, and is not repeated as an attribute. */
const routing = new Set(['call_id', 'parent_call_id', 'service_name', 'parent_span_id']);

type Conversion = Pick<AssemblySettings, 'maxStringLength' | 'nestedAsJson'>;

const isScalar = (value: JsonValue): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const isOfOneType = (
  items: readonly JsonValue[],
): items is readonly string[] | readonly number[] | readonly boolean[] => {
  const type = typeof items[0];
  return items.every((item) => isScalar(item) && typeof item === type);
};

const isPlain = (value: JsonValue): boolean =>
  isScalar(value) || (Array.isArray(value) && isOfOneType(value));

type Plains = readonly string[] | readonly number[] | readonly boolean[];

const cutAll = (items: Plains, max: number): AttributeValue =>
  typeof items[0] === 'string' ? (items as readonly string[]).map((item) => cut(item, max)) : items;

/** The value as an attribute; undefined where it is left out and counted. Not for null. */
const convert = (value: Exclude<JsonValue, null>, settings: Conversion): AttributeValue | undefined => {
  const max = settings.maxStringLength;
  if (typeof value === 'string') return cut(value, max);
  if (isScalar(value)) return value;
  if (Array.isArray(value) && isOfOneType(value)) {
    return cutAll(value, max);
  }
  return settings.nestedAsJson ? cut(JSON.stringify(value), max) : undefined;
};

/** Whether a field takes its key, so that a later one of that key gives way. */
const takes = (fields: Fields, key: string, settings: Conversion): boolean => {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return value !== undefined && value !== null && (settings.nestedAsJson || isPlain(value));
};

/** The fields of one event as attributes, those of `data` first. */
export interface OwnFields {
  readonly fields: Attribute[];
  /** How many of `fields` come from `data`. */
  readonly dataFields: number;
  /** Left out and counted: nested, without a key, or over the limit. */
  readonly dropped: number;
}

/** Which keys are already taken, and how many fields there is room for. */
export interface Room {
  readonly reserved: ReadonlySet<string>;
  readonly fields: number;
}

/** The event's own fields: `data` over `metadata`, strings cut, nested values left out and counted or as JSON text. */
export const ownFields = (
  event: { readonly data: Fields; readonly metadata: Fields },
  settings: Conversion,
  room: Room,
): OwnFields => {
  const fields: Attribute[] = [];
  let dropped = 0;
  const add = (key: string, value: JsonValue): void => {
    if (value === null) return;
    const converted = key === '' ? undefined : convert(value, settings);
    if (converted === undefined) dropped += 1;
    else if (room.reserved.has(key)) return;
    else if (fields.length < room.fields) fields.push([key, converted]);
    else dropped += 1;
  };
  const { data, metadata } = event;
  for (const key of Object.keys(data)) add(key, data[key] ?? null);
  const dataFields = fields.length;
  for (const key of Object.keys(metadata)) {
    if (routing.has(key) || (key !== '' && takes(data, key, settings) && takes(metadata, key, settings)))
      continue;
    add(key, metadata[key] ?? null);
  }
  return { fields, dataFields, dropped };
};

/** The attributes that every span begins with. */
export interface Head {
  readonly agentId: string;
  readonly eventType: string;
  readonly traceId: string;
  readonly toolName: string | undefined;
}

const headKeys = ['agent_id', 'event_type', 'trace_id'];

/** Keys of computed attributes that a span's own fields give way to. */
export type Computed = 'none' | 'duration' | 'duration and skew' | 'duration and orphan';

const computedKeys: Readonly<Record<Computed, readonly string[]>> = {
  none: [],
  duration: ['duration_ms'],
  'duration and skew': ['duration_ms', 'kaizen.clock_skew_ms'],
  'duration and orphan': ['duration_ms', 'kaizen.orphan'],
};

const roomTable = (toolKeys: readonly string[]): Readonly<Record<Computed, ReadonlySet<string>>> => {
  const keysOf = (computed: Computed): ReadonlySet<string> =>
    new Set([...headKeys, ...toolKeys, ...computedKeys[computed]]);
  return {
    none: keysOf('none'),
    duration: keysOf('duration'),
    'duration and skew': keysOf('duration and skew'),
    'duration and orphan': keysOf('duration and orphan'),
  };
};

const withoutTool = roomTable([]);
const withTool = roomTable(['tool_name']);

/** For fields that another limit follows. */
export const boundless = Number.POSITIVE_INFINITY;

/** What the head and the computed attributes leave for the event's own fields. */
export const roomFor = (toolName: string | undefined, computed: Computed, maxAttributes: number): Room => {
  const reserved = (toolName === undefined ? withoutTool : withTool)[computed];
  return { reserved, fields: Math.max(0, maxAttributes - reserved.size) };
};

const headOf = ({ agentId, eventType, traceId, toolName }: Head, max: number): Attribute[] => {
  const head: Attribute[] = [
    ['agent_id', cut(agentId, max)],
    ['event_type', cut(eventType, max)],
    ['trace_id', cut(traceId, max)],
  ];
  if (toolName !== undefined) head.push(['tool_name', cut(toolName, max)]);
  return head;
};

/** What a span shows, before the limit. */
export interface AttributeParts {
  readonly head: Head;
  readonly fields: readonly Attribute[];
  /** Over the limit they go last to first, so what may go first stands at the end. */
  readonly derived?: readonly Attribute[];
  /** Win over all, and are never dropped. */
  readonly computed: readonly Attribute[];
  /** Left out before. */
  readonly dropped: number;
}

/** Head, fields, derived and computed attributes within the limit; what does not fit is counted. */
export const attributesOf = (
  parts: AttributeParts,
  settings: Pick<AssemblySettings, 'maxAttributes' | 'maxStringLength'>,
): { readonly attributes: readonly Attribute[]; readonly droppedAttributes: number } => {
  const { fields, derived = [], computed } = parts;
  const attributes = headOf(parts.head, settings.maxStringLength);
  const room = settings.maxAttributes - computed.length;
  let dropped = parts.dropped;
  const add = (attribute: Attribute): void => {
    if (attributes.length < room) attributes.push(attribute);
    else dropped += 1;
  };
  for (const field of fields) {
    const isComputed = computed.length > 0 && computed.some(([key]) => key === field[0]);
    if (!isComputed) add(field);
  }
  for (const attribute of derived) {
    if (!fields.some(([key]) => key === attribute[0])) add(attribute);
  }
  attributes.push(...computed);
  return { attributes, droppedAttributes: dropped };
};
