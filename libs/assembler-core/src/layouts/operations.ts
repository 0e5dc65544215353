import type { Attribute, AttributeValue, HookContext, JsonValue, SpanRecord } from '@kaizen-trace/contracts';
import type { OwnFields } from '../attributes.js';
import { attributesOf, boundless, ownFields, roomFor } from '../attributes.js';
import type { OperationEntry } from '../entries.js';
import type { Interval } from '../interval.js';
import { betweenPreAndPost, orphanInterval } from '../interval.js';
import { toolNameOf } from '../naming.js';
import type { CompiledSettings } from '../settings.js';
import { outcomeOfPost } from '../status.js';
import { abandonedMark, durationOf, orphanMark, skewOf } from './computed.js';
import { genAiAttributes, genAiOperation } from './gen-ai.js';
import type { Abandoned, Orphan, Pair } from './span.js';
import { spanOf } from './span.js';

/** The name of an operation's span, by the agent of its PRE. */
const spanNameOf = (kind: string, name: string | undefined, agentId: string): string => {
  const verb = genAiOperation(kind) ?? kind;
  if (kind === 'memory_read') return verb;
  const object = kind === 'agent_loop' ? agentId : name;
  return object === undefined ? verb : `${verb} ${object}`;
};

type Field = (key: string) => JsonValue | AttributeValue | undefined;

const fieldOfPost =
  ({ data }: HookContext): Field =>
  (key) =>
    Object.hasOwn(data, key) ? data[key] : undefined;

const fieldOfPre =
  ({ fields, dataFields }: OperationEntry): Field =>
  (key) =>
    fields.slice(0, dataFields).find(([name]) => name === key)?.[1];

/** The POST's field where it is of any use there, else the PRE's. */
const fieldOfEither = (post: HookContext, operation: OperationEntry): Field => {
  const [ofPost, ofPre] = [fieldOfPost(post), fieldOfPre(operation)];
  return (key) => {
    const value = ofPost(key);
    return (typeof value === 'string' && value !== '') || typeof value === 'number' ? value : ofPre(key);
  };
};

/** Fields of both, `data` before `metadata`; of one key the POST's. */
const mergedFields = (own: OwnFields, operation: OperationEntry): readonly Attribute[] => {
  const taken = new Set(own.fields.map(([key]) => key));
  const isFree = ([key]: Attribute): boolean => !taken.has(key);
  return [
    ...own.fields.slice(0, own.dataFields),
    ...operation.fields.slice(0, operation.dataFields).filter(isFree),
    ...own.fields.slice(own.dataFields),
    ...operation.fields.slice(operation.dataFields).filter(isFree),
  ];
};

const attributesOfPair = (
  { operation, post, settings }: Pair,
  interval: Interval,
  errorType: string | undefined,
): ReturnType<typeof attributesOf> => {
  const { kind, name, toolName, traceId } = operation;
  const skew = skewOf(interval);
  // Cut only once both are together: a field of the POST without room must not give way to the PRE's.
  const room = roomFor(toolName, skew.length > 0 ? 'duration and skew' : 'duration', boundless);
  const own = ownFields(post, settings, room);
  const subject = { kind, name, agentId: operation.agentId, callId: operation.callId, errorType };
  return attributesOf(
    {
      head: { agentId: post.agentId, eventType: kind, traceId, toolName },
      fields: mergedFields(own, operation),
      derived: genAiAttributes(
        { ...subject, field: fieldOfEither(post, operation) },
        settings.maxStringLength,
      ),
      computed: [durationOf(interval), ...skew],
      dropped: own.dropped + operation.droppedFields,
    },
    settings,
  );
};

/** One span with the attributes of both events. */
export const pairAsOperation = (pair: Pair): SpanRecord => {
  const { operation, post, settings, otelId } = pair;
  const { kind, name, agentId } = operation;
  const interval = betweenPreAndPost(operation.start, post.timestamp);
  const outcome = outcomeOfPost(post, settings.maxStringLength);
  return spanOf({
    otelId,
    settings,
    spanId: operation.spanId,
    parentSpanId: operation.parentSpanId,
    name: spanNameOf(kind, name, agentId),
    kind,
    serviceName: post.serviceName ?? operation.serviceName,
    interval,
    outcome,
    attributes: attributesOfPair(pair, interval, outcome.errorType),
    spanEvents: operation.spanEvents,
  });
};

/** One span with the attributes of the PRE, named and typed as a pair. */
export const abandonedAsOperation = (abandoned: Abandoned): SpanRecord => {
  const { operation, settings, interval } = abandoned;
  const { kind, name, agentId, traceId, toolName, callId } = operation;
  const subject = { kind, name, agentId, callId, errorType: undefined, field: fieldOfPre(operation) };
  return spanOf({
    ...abandoned,
    spanId: operation.spanId,
    parentSpanId: operation.parentSpanId,
    name: spanNameOf(kind, name, agentId),
    kind,
    serviceName: operation.serviceName,
    attributes: attributesOf(
      {
        head: { agentId, eventType: kind, traceId, toolName },
        fields: operation.fields,
        derived: genAiAttributes(subject, settings.maxStringLength),
        computed: [durationOf(interval), abandonedMark],
        dropped: operation.droppedFields,
      },
      settings,
    ),
    spanEvents: operation.spanEvents,
  });
};

const attributesOfOrphan = (
  { post, kind, name }: Orphan,
  settings: CompiledSettings,
  ending: { readonly interval: Interval; readonly errorType: string | undefined },
): ReturnType<typeof attributesOf> => {
  const { agentId, traceId, callId } = post;
  const toolName = toolNameOf(post);
  const room = roomFor(toolName, 'duration and orphan', boundless);
  const { fields, dropped } = ownFields(post, settings, room);
  const subject = { kind, name, agentId, callId, errorType: ending.errorType, field: fieldOfPost(post) };
  return attributesOf(
    {
      head: { agentId, eventType: kind, traceId, toolName },
      fields,
      derived: genAiAttributes(subject, settings.maxStringLength),
      computed: [durationOf(ending.interval), orphanMark],
      dropped,
    },
    settings,
  );
};

/** One span with the attributes of the POST, named and typed as a pair. */
export const orphanAsOperation = (orphan: Orphan): SpanRecord => {
  const { post, settings, kind, name } = orphan;
  const interval = orphanInterval(post);
  const outcome = outcomeOfPost(post, settings.maxStringLength);
  return spanOf({
    ...orphan,
    name: spanNameOf(kind, name, post.agentId),
    serviceName: post.serviceName,
    interval,
    outcome,
    attributes: attributesOfOrphan(orphan, settings, { interval, errorType: outcome.errorType }),
  });
};
