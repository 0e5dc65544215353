import { encodeEvent } from '@kaizen-trace/codec';
import { micros, type HookContext } from '@kaizen-trace/contracts';
import { decodeSpan, splitTraceRequest, type DecodedSpan } from '@kaizen-trace/otlp';
import type { LogConnection, NewRecord } from '@kaizen-trace/ports';
import { scanEverything } from '@kaizen-trace/testkit';

/** One event, by what matters of it. */
export interface Told {
  readonly trace: string;
  readonly id: string;
  readonly type: string;
  /** Microseconds since the epoch, by the agent's clock. */
  readonly at: bigint;
  readonly agent?: string;
  readonly call?: string;
}

const eventOf = ({ trace, id, type, at, agent, call }: Told): HookContext => ({
  eventId: id,
  traceId: trace,
  eventType: type,
  agentId: agent ?? 'agent',
  timestamp: micros(at),
  data: { tool_name: 'wait' },
  metadata: {},
  ...(call === undefined ? {} : { callId: call }),
});

/** The event as agents append it. */
export const recordOf = (told: Told): NewRecord => {
  const encoded = encodeEvent(eventOf(told));
  if (encoded.type !== 'encoded') throw new Error(`${told.id} cannot be encoded: ${encoded.type}`);
  return { key: Buffer.from(told.trace), value: encoded.bytes };
};

/** Appends the events in their order. @throws Error where the log does not take them. */
export const appendTold = async (log: LogConnection, ...told: readonly Told[]): Promise<void> => {
  const outcome = await log.events.append(told.map(recordOf));
  if (outcome.type !== 'appended') throw new Error(`not appended: ${outcome.type}`);
};

/** A span on the span log: decoded, and with the bytes of all that a backend sees of it, in hex. */
export interface SeenSpan {
  readonly span: DecodedSpan;
  readonly bytes: string;
}

/** The spans of OTLP requests, in order. */
export const spansIn = (requests: readonly Uint8Array[]): readonly SeenSpan[] =>
  requests.flatMap((request) => {
    const split = splitTraceRequest(request);
    if (split.type !== 'split') throw new Error(split.reason);
    return split.groups.flatMap(({ resource, scope, spans }) =>
      spans.map(({ bytes }) => ({
        span: decodeSpan(bytes),
        bytes: Buffer.concat([resource, scope, bytes]).toString('hex'),
      })),
    );
  });

/** Every span that is committed to the span log, partition by partition in order. */
export const spansOn = async (log: LogConnection): Promise<readonly SeenSpan[]> => {
  const messages = await scanEverything(log.spans({ group: 'onlooker' }));
  return spansIn(messages.map(({ value }) => value ?? new Uint8Array(0)));
};

/** Name and length in nanoseconds of each span, sorted. */
export const lengthsOf = (seen: readonly SeenSpan[]): readonly string[] =>
  seen.map(({ span: { name, start, end } }) => `${name.text} ${end - start}`).sort();

/** The value of a span's attribute that is a text, or one truth or number; undefined where it has none such. */
export const attributeOf = (
  { span }: SeenSpan,
  name: string,
): string | boolean | bigint | number | undefined => {
  const value = span.attributes.find(({ key }) => key.text === name)?.value;
  if (value?.type === 'string') return value.text;
  return value?.type === 'bool' || value?.type === 'int' || value?.type === 'double'
    ? value.value
    : undefined;
};
