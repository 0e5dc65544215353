import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import type {
  LogConnection,
  LogReader,
  NewRecord,
  OwnedPartition,
  PartitionLease,
} from '@kaizen-trace/ports';
import { describeReal, eventually, scanAll } from '@kaizen-trace/testkit';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | null): string => new TextDecoder().decode(value ?? new Uint8Array(0));
const record = (value: string): NewRecord => ({ key: bytes('trace'), value: bytes(value) });

/** A broker that has just come back may need a while. */
const patienceMs = 40_000;

const acquire = async (lease: PartitionLease): Promise<OwnedPartition> => {
  let owned: OwnedPartition | undefined;
  await eventually('the partition is acquired', patienceMs, async () => {
    const outcome = await lease.acquire();
    if (outcome.type === 'acquired') owned = outcome.owned;
    return owned !== undefined;
  });
  return owned!;
};

/** Everything on the one partition, values only. */
const valuesOf = async (reader: LogReader): Promise<readonly string[]> =>
  (await scanAll(reader, 0)).map(({ value }) => text(value));

await describeReal('the log on a Kafka that goes away', ['ownKafka'], ({ ownKafka: broker }) => {
  let log: LogConnection;

  beforeAll(async () => {
    log = await openKafkaLog({
      brokers: broker.brokers,
      topicPrefix: `faults-${randomUUID()}.`,
      partitions: 1,
      deliveryTimeoutMs: 3000,
    });
  }, 30_000);

  afterAll(async () => {
    await log.close();
  }, 60_000);

  it('answers an append with unavailable in bounded time, and takes it again when the broker is back', async () => {
    expect(await log.events.append([record('before')])).toEqual({ type: 'appended' });
    await broker.crash();
    const began = Date.now();
    const outcome = await log.events.append([record('during')]);
    expect(outcome.type).toBe('unavailable');
    expect(Date.now() - began).toBeLessThan(8000);
    expect((await log.ping()).type).toBe('unreachable');
    await broker.restart();
    let again = await log.events.append([record('after')]);
    for (let turn = 0; turn < 10 && again.type !== 'appended'; turn += 1) {
      again = await log.events.append([record('after')]);
    }
    expect(again).toEqual({ type: 'appended' });
    expect(await log.ping()).toEqual({ type: 'reachable' });
    const found = await valuesOf(log.events);
    expect(found[0]).toBe('before');
    expect(found.at(-1)).toBe('after');
  }, 90_000);

  it('reads on after an outage without a gap, keeps its member, and commits what it had not', async () => {
    const seen: string[] = [];
    let owned: OwnedPartition | undefined;
    let lastCommit: string | undefined;
    const start = (await log.events.bounds(0)).end;
    const member = await log
      .assemblers({ group: randomUUID(), sessionTimeoutMs: 10_000 })
      .join(async (lease) => {
        while (!lease.signal.aborted) {
          owned = await acquire(lease);
          seen.length = 0;
          for await (const batch of owned.read(owned.committedOffset ?? start)) {
            seen.push(...batch.records.map(({ value }) => text(value)));
            const spans = batch.records.map(({ value }) => value ?? new Uint8Array(0));
            const { type } = await owned.commit({
              spans,
              state: [{ key: 'partition', value: bytes(String(batch.nextOffset)) }],
              deadLetters: [],
              nextOffset: batch.nextOffset,
            });
            lastCommit = type;
            if (type !== 'committed') break;
          }
          await owned.close();
        }
      });
    const append = (value: string): Promise<void> =>
      eventually(`${value} is appended`, patienceMs, async () => {
        const { type } = await log.events.append([record(value)]);
        return type === 'appended';
      });
    await append('one');
    await eventually('the first is committed', patienceMs, () => lastCommit === 'committed');
    await broker.crash();
    // Long enough for the reader and the member to notice.
    await sleep(2000);
    await broker.restart();
    await append('two');
    const spans = log.spans({ group: 'onlooker' });
    await eventually('the second is committed', patienceMs, async () =>
      (await valuesOf(spans)).includes('two'),
    );
    const unique = new Set(await valuesOf(spans));
    expect([...unique]).toEqual(['one', 'two']);
    await member.leave();
    await member.done;
  }, 120_000);
});
