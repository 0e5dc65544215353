import type { Attribute, AttributeValue, HookContext, JsonValue } from '@kaizen-trace/contracts';
import type { AssemblySettings } from '../settings.js';

/** Attributes as a span shows them, and how many did not get in. */
export interface ShownAttributes {
  readonly attributes: readonly Attribute[];
  readonly droppedAttributes: number;
}

/** The fields of one event as attributes; of `data` and `metadata` apart, since those of a pair are put together. */
export interface ShownFields {
  readonly data: readonly Attribute[];
  readonly metadata: readonly Attribute[];
  /** Left out and counted. */
  readonly dropped: number;
}

// Cut at a length in UTF-16 units, never between the halves of a pair.
export const cut = (text: string, { maxStringLength }: AssemblySettings): string => {
  if (text.length <= maxStringLength) return text;
  const short = text.slice(0, maxStringLength);
  return /[\ud800-\udbff]$/.test(short) ? short.slice(0, -1) : short;
};

const simple = ['string', 'number', 'boolean'];

// Strings, numbers, booleans and arrays of one of these; others as JSON text where that is set, else left out.
const shown = (value: JsonValue, settings: AssemblySettings): AttributeValue | undefined => {
  if (typeof value === 'string') return cut(value, settings);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const types = [...new Set(value.map((item: unknown) => typeof item))];
    if (types.length === 0 || (types.length === 1 && simple.includes(types[0] ?? '')))
      return value.map((item: string | number | boolean) =>
        typeof item === 'string' ? cut(item, settings) : item,
      ) as AttributeValue;
  }
  return settings.nestedAsJson ? cut(JSON.stringify(value), settings) : undefined;
};

const notRepeated = ['call_id', 'parent_call_id', 'service_name', 'parent_span_id'];

const has = (attributes: readonly Attribute[], key: string): boolean =>
  attributes.some(([other]) => other === key);

const showObject = (
  entries: readonly (readonly [string, JsonValue])[],
  earlier: readonly Attribute[],
  settings: AssemblySettings,
): { readonly attributes: Attribute[]; readonly dropped: number } => {
  const attributes: Attribute[] = [];
  let dropped = 0;
  for (const [key, value] of entries) {
    // Null is left out in silence, an empty key and what cannot be shown are counted.
    if (value === null) continue;
    const attribute = key === '' ? undefined : shown(value, settings);
    if (attribute === undefined) dropped += 1;
    else if (!has(earlier, key)) attributes.push([key, attribute]);
  }
  return { attributes, dropped };
};

/** Each field of data, then of metadata but for the event's own columns; the earlier wins, `base` before them all. */
export const fieldsOf = (
  event: HookContext,
  base: readonly Attribute[],
  settings: AssemblySettings,
): ShownFields => {
  const data = showObject(Object.entries(event.data), base, settings);
  const columns = Object.entries(event.metadata).filter(([key]) => !notRepeated.includes(key));
  const metadata = showObject(columns, [...base, ...data.attributes], settings);
  return {
    data: data.attributes,
    metadata: metadata.attributes,
    dropped: data.dropped + metadata.dropped,
  };
};

/** The fields of a PRE: what is over the limit is cut and counted when it opens, not when it ends. */
export const fieldsOfPre = (
  event: HookContext,
  base: readonly Attribute[],
  settings: AssemblySettings,
): ShownFields => {
  const { data, metadata, dropped } = fieldsOf(event, base, settings);
  const room = Math.max(0, settings.maxAttributes - base.length);
  const ofData = data.slice(0, room);
  const ofMetadata = metadata.slice(0, room - ofData.length);
  const over = data.length + metadata.length - ofData.length - ofMetadata.length;
  return { data: ofData, metadata: ofMetadata, dropped: dropped + over };
};

/** The fields of both events of a pair; the POST's win, wherever they are. */
export const fieldsOfBoth = (pre: ShownFields, post: ShownFields): ShownFields => {
  const isOpen = ([key]: Attribute): boolean => !has([...post.data, ...post.metadata], key);
  return {
    data: [...post.data, ...pre.data.filter(isOpen)],
    metadata: [...post.metadata, ...pre.metadata.filter(isOpen)],
    dropped: post.dropped + pre.dropped,
  };
};

/** What a span's attributes are made of, in order; `derived` goes first when there is no room. */
export interface Ingredients {
  readonly base: readonly Attribute[];
  readonly fields: ShownFields;
  readonly derived?: readonly Attribute[];
  readonly computed: readonly Attribute[];
}

const cutValue = ([key, value]: Attribute, settings: AssemblySettings): Attribute =>
  typeof value === 'string' ? [key, cut(value, settings)] : [key, value];

/** Base, fields, derived, computed; the earlier wins, and the computed over all. */
export const showAttributes = (
  { base, fields, derived = [], computed }: Ingredients,
  settings: AssemblySettings,
): ShownAttributes => {
  const isFree = ([key]: Attribute): boolean => !has([...base, ...computed], key);
  const list = [...base, ...fields.data.filter(isFree), ...fields.metadata.filter(isFree)];
  const wanted = derived.filter((attribute) => isFree(attribute) && !has(list, attribute[0]));
  // At most so many with the computed ones, which are never dropped; of the others the derived go first.
  const room = Math.max(0, settings.maxAttributes - computed.length);
  const kept = list.slice(0, room);
  const keptDerived = wanted.slice(0, room - kept.length);
  return {
    attributes: [...kept, ...keptDerived, ...computed].map((attribute) => cutValue(attribute, settings)),
    droppedAttributes: fields.dropped + list.length - kept.length + wanted.length - keptDerived.length,
  };
};

/** The first attributes of every span: agent_id, event_type, trace_id, and tool_name where there is one. */
export const baseAttributes = (
  event: HookContext,
  eventType: string,
  toolName: string | undefined,
): Attribute[] => [
  ['agent_id', event.agentId],
  ['event_type', eventType],
  ['trace_id', event.traceId],
  ...(toolName === undefined ? [] : [['tool_name', toolName] as const]),
];
