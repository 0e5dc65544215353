import type { Attribute, HookContext, SpanEvent, SpanRecord } from '@kaizen-trace/contracts';
import { nanos } from '@kaizen-trace/contracts';
import { attributesOf, ownFields, roomFor } from '../attributes.js';
import { momentOf } from '../interval.js';
import { toolNameOf } from '../naming.js';
import type { CompiledSettings } from '../settings.js';
import { outcomeOfPoint } from '../status.js';
import { cut } from '../text.js';
import type { Point } from './span.js';
import { spanOf } from './span.js';

/** The attributes of one event by itself: those that every span begins with, then its own fields. */
export const attributesOfPoint = (
  event: HookContext,
  settings: CompiledSettings,
): { readonly attributes: readonly Attribute[]; readonly droppedAttributes: number } => {
  const toolName = toolNameOf(event);
  const { fields, dropped } = ownFields(event, settings, roomFor(toolName, 'none', settings.maxAttributes));
  const { agentId, eventType, traceId } = event;
  return attributesOf(
    { head: { agentId, eventType, traceId, toolName }, fields, computed: [], dropped },
    settings,
  );
};

/** A zero-length span named by its event type; the same in both layouts. */
export const pointSpan = (point: Point): SpanRecord => {
  const { event, settings } = point;
  return spanOf({
    ...point,
    name: event.eventType,
    kind: event.eventType,
    serviceName: event.serviceName,
    interval: momentOf(event.timestamp),
    outcome: outcomeOfPoint(event, settings.maxStringLength),
    attributes: attributesOfPoint(event, settings),
  });
};

/** A point event as an event of its parent's span. */
export const spanEventOf = (event: HookContext, settings: CompiledSettings): SpanEvent => ({
  name: cut(event.eventType, settings.maxStringLength),
  time: nanos(event.timestamp * 1000n),
  ...attributesOfPoint(event, settings),
});

const unitsOfAttribute = ([key, value]: Attribute): number => {
  if (typeof value === 'string') return key.length + value.length;
  if (!Array.isArray(value)) return key.length + 8;
  return (value as readonly unknown[]).reduce<number>(
    (sum, item) => sum + (typeof item === 'string' ? item.length + 4 : 8),
    key.length,
  );
};

/** About how much room a span event takes in its operation's state, in UTF-16 units. */
export const unitsOf = ({ name, attributes }: SpanEvent): number =>
  attributes.reduce((sum, attribute) => sum + unitsOfAttribute(attribute) + 8, name.length + 16);
