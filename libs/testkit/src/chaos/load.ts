import { setTimeout as sleep } from 'node:timers/promises';
import { encodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import type { EventLog, NewRecord } from '@kaizen-trace/ports';

/** Names an event: its id is unique within its trace. */
export const eventKey = ({ traceId, eventId }: Pick<HookContext, 'traceId' | 'eventId'>): string =>
  `${traceId} ${eventId}`;

export interface LoadOptions {
  readonly log: Pick<EventLog, 'append'>;
  readonly events: Iterable<HookContext>;
  /** Events a second, at most: while the log cannot be reached nothing is sent, and nothing is made up for. */
  readonly rate: number;
}

/** Agents at work: events that are sent until the log has acknowledged them. */
export interface Load {
  /** Keys of the events that the log has acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** Calls that were repeated since their answer was lost or they failed. */
  repeats(): number;
  /** Stops after what is under way; rejects where an event was refused. */
  stop(): Promise<void>;
}

const turnMs = 50;

const encode = (event: HookContext): NewRecord => {
  const encoded = encodeEvent(event);
  if (encoded.type !== 'encoded') throw new Error(`event ${event.eventId} cannot be encoded`);
  return { key: Buffer.from(event.traceId), value: encoded.bytes };
};

/** Begins to send. */
export const startLoad = ({ log, events, rate }: LoadOptions): Load => {
  const acknowledged = new Set<string>();
  const source = events[Symbol.iterator]();
  let repeats = 0;
  let stopping = false;
  let owed = 0;

  const take = (count: number): readonly HookContext[] => {
    const taken: HookContext[] = [];
    while (taken.length < count) {
      const next = source.next();
      if (next.done === true) break;
      taken.push(next.value);
    }
    return taken;
  };

  const send = async (batch: readonly HookContext[]): Promise<void> => {
    const records = batch.map(encode);
    for (;;) {
      const outcome = await log.append(records);
      if (outcome.type === 'refused') throw new Error(`an event was refused: ${outcome.reason}`);
      if (outcome.type === 'appended') break;
      repeats += 1;
      await sleep(100);
    }
    for (const event of batch) acknowledged.add(eventKey(event));
  };

  const run = async (): Promise<void> => {
    while (!stopping) {
      owed += (rate * turnMs) / 1000;
      const batch = take(Math.floor(owed));
      owed -= Math.floor(owed);
      if (batch.length > 0) await send(batch);
      await sleep(turnMs);
    }
  };

  const running = run();
  running.catch(() => undefined);
  return {
    acknowledged,
    repeats: () => repeats,
    stop: async () => {
      stopping = true;
      await running;
    },
  };
};
