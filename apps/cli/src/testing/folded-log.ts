import { openAssembler } from '@kaizen-trace/assembler-runtime';
import { type AssemblySettings, defaultSettings } from '@kaizen-trace/assembler-core';
import { encodeEvent } from '@kaizen-trace/codec';
import { type HookContext, micros } from '@kaizen-trace/contracts';
import { splitTraceRequest } from '@kaizen-trace/otlp';
import { eventually, scanEverything, type Tamper, tampering } from '@kaizen-trace/testkit';
import type { LogConnection, LogReader } from '@kaizen-trace/ports';

/** One event of a test, by what matters of it. */
export interface TestEvent {
  readonly traceId: string;
  readonly type: string;
  readonly id: string;
  readonly service?: string;
  readonly name?: string;
  readonly agent?: string;
}

const begin = 1_763_600_000_000_000n;
let clock = 0n;

const eventOf = ({ traceId, type, id, service, name, agent }: TestEvent): HookContext => ({
  eventId: id,
  traceId,
  eventType: type,
  agentId: agent ?? 'agent',
  timestamp: micros(begin + (clock += 1_000n)),
  ...(service === undefined ? {} : { serviceName: service }),
  data: name === undefined ? {} : { tool_name: name },
  metadata: {},
});

/** Appends the events in their order. */
export const appendEvents = async (log: LogConnection, events: readonly TestEvent[]): Promise<void> => {
  const records = events.map((event) => {
    const encoded = encodeEvent(eventOf(event));
    if (encoded.type !== 'encoded') throw new Error(encoded.type);
    return { key: Buffer.from(event.traceId), value: encoded.bytes };
  });
  const outcome = await log.events.append(records);
  if (outcome.type !== 'appended') throw new Error(outcome.type);
};

/** A loop with `tools` calls in it: two events each, and two of its own. */
export const loopOf = (traceId: string, tools: number, service?: string): readonly TestEvent[] => {
  const shared = { traceId, ...(service === undefined ? {} : { service }) };
  const calls = Array.from({ length: tools }, (_, at) => [
    { ...shared, type: 'pre_tool_use', id: `${traceId}-pre-${at}`, name: `tool-${at}` },
    { ...shared, type: 'post_tool_use', id: `${traceId}-post-${at}`, name: `tool-${at}` },
  ]);
  return [
    { ...shared, type: 'pre_agent_loop', id: `${traceId}-begin` },
    ...calls.flat(),
    { ...shared, type: 'post_agent_loop', id: `${traceId}-end` },
  ];
};

/** Lets a real assembler fold the log to its end, and stops it. */
export const assembleAll = async (
  log: LogConnection,
  options: {
    readonly group: string;
    readonly topic: string;
    readonly settings?: Partial<AssemblySettings>;
    readonly tamper?: Tamper;
  },
): Promise<void> => {
  const { group, topic, settings, tamper } = options;
  const assemblers = log.assemblers({ group });
  const assembler = await openAssembler({
    log: tamper === undefined ? assemblers : tampering(assemblers, tamper),
    owner: { group, topic },
    settings: { ...defaultSettings, ...settings },
  });
  await eventually('the assembler comes to the end of the log', 30_000, async () => {
    const partitions = await log.events.partitionCount();
    const done = await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const { end, start } = await log.events.bounds(partition);
        const status = assembler.statuses().find((each) => each.partition === partition);
        return end === start || (status?.committedOffset ?? -1n) >= end;
      }),
    );
    return done.every(Boolean) && assembler.statuses().length === partitions;
  });
  await assembler.close();
};

/** The spans of OTLP requests, each as its bytes in hex, behind its resource and scope. */
export const spansInRequests = (requests: Iterable<Uint8Array>): readonly string[] =>
  [...requests].flatMap((request) => {
    const split = splitTraceRequest(request);
    if (split.type !== 'split') throw new Error(split.reason);
    return split.groups.flatMap(({ resource, scope, spans }) =>
      spans.map(({ bytes }) => Buffer.concat([resource, scope, bytes]).toString('hex')),
    );
  });

/** Every span on a span log, sorted. */
export const spansOn = async (reader: LogReader): Promise<readonly string[]> => {
  const records = await scanEverything(reader);
  const requests = records.flatMap(({ value }) => (value === null ? [] : [value]));
  return [...spansInRequests(requests)].sort();
};

/** The requests of a file of format `proto`. */
export const requestsInFile = (bytes: Buffer): readonly Uint8Array[] => {
  const requests: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    requests.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return requests;
};
