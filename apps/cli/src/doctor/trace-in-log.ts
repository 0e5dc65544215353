import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import { decodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import { offset, partitionOf, type LogConnection } from '@kaizen-trace/ports';
import { nextToFold } from './log-lag.js';
import type { Finding } from './trace-findings.js';

/** How many of a partition's newest records are looked at. */
const window = 50_000n;

/** What the log holds of a trace. */
export interface TraceInLog {
  readonly partition: number;
  readonly events: readonly HookContext[];
  /** Records of the trace that cannot be read as events: they are dead letters, or will be. */
  readonly unreadable: number;
  /** Of the events, those that no assembler has folded yet. */
  readonly ahead: number;
  /** Whether the partition has older records that were not looked at. */
  readonly more: boolean;
}

/** Looks for a trace among the newest records of its partition. Reads only. */
export const readTraceInLog = async (
  log: Pick<LogConnection, 'events' | 'state'>,
  owner: StateOwner,
  traceId: string,
): Promise<TraceInLog> => {
  const key = Buffer.from(traceId);
  const partition = partitionOf(key, await log.events.partitionCount());
  const { start, end } = await log.events.bounds(partition);
  const from = end - start > window ? end - window : start;
  const next = await nextToFold(
    { events: log.events, state: log.state({ group: owner.group }) },
    partition,
    owner,
  );
  const events: HookContext[] = [];
  let [unreadable, ahead] = [0, 0];
  for await (const { records } of log.events.scan({ partition, from: offset(from), to: end }))
    for (const record of records) {
      if (record.key === null || record.value === null || !key.equals(record.key)) continue;
      const decoded = decodeEvent(record.value);
      if (decoded.type === 'decoded') events.push(decoded.event);
      else unreadable += 1;
      if (record.offset >= next) ahead += 1;
    }
  return { partition, events, unreadable, ahead, more: from > start };
};

const repeatsOf = (ids: readonly string[]): readonly string[] => [
  ...new Set(ids.filter((id, at) => ids.indexOf(id) !== at)),
];

const shown = (ids: readonly string[]): string =>
  ids.slice(0, 3).join(', ') + (ids.length > 3 ? ` and ${ids.length - 3} more` : '');

const duplicates = ({ events }: TraceInLog): readonly Finding[] => {
  const repeated = repeatsOf(events.map(({ eventId }) => eventId));
  if (repeated.length === 0) return [];
  return [
    {
      problem: `${repeated.length} event ids stand in the log more than once (${shown(repeated)}): each counts once`,
      remedy:
        'Nothing, where a publisher sent again after a lost answer; else give each event an event_id of its own, or none',
    },
  ];
};

const reusedCalls = ({ events }: TraceInLog): readonly Finding[] => {
  const pres = new Map(
    events.filter(({ eventType }) => eventType.startsWith('pre_')).map((each) => [each.eventId, each]),
  );
  const calls = [...pres.values()].map(({ callId }) => callId).filter((id) => id !== undefined);
  const repeated = repeatsOf(calls);
  if (repeated.length === 0) return [];
  return [
    {
      problem: `${repeated.length} call_ids name more than one operation (${shown(repeated)})`,
      remedy: 'Give each call its own call_id within the trace: children would hang under the wrong one',
    },
  ];
};

const unknownParents = ({ events, more }: TraceInLog): readonly Finding[] => {
  if (more) return [];
  const calls = new Set(
    events.filter(({ eventType }) => eventType.startsWith('pre_')).map(({ callId }) => callId),
  );
  const lost = events
    .map(({ parentCallId }) => parentCallId)
    .filter((id) => id !== undefined && !calls.has(id));
  const ids = [...new Set(lost as string[])];
  if (ids.length === 0) return [];
  return [
    {
      problem: `no PRE of the trace has the call_id that ${lost.length} of its events name as parent_call_id (${shown(ids)})`,
      remedy: 'Emit the parent’s PRE with that call_id and the same trace_id',
    },
  ];
};

/** What is odd about the events of a trace, before any span is looked at. */
export const logFindings = (trace: TraceInLog): readonly Finding[] => [
  ...(trace.ahead === 0
    ? []
    : [
        {
          problem: `${trace.ahead} of its records are not folded yet (partition ${trace.partition})`,
          remedy:
            'Wait; where it does not pass, see what `kaizen-trace doctor` says of the log and the assemblers',
        },
      ]),
  ...(trace.unreadable === 0
    ? []
    : [
        {
          problem: `${trace.unreadable} of its records are no events that can be read`,
          remedy: 'See `kaizen-trace dead-letters list`',
        },
      ]),
  ...duplicates(trace),
  ...reusedCalls(trace),
  ...unknownParents(trace),
];
