import { describe, expect, it } from '@jest/globals';
import { millis } from '@kaizen-trace/contracts';
import { readAppendedAt } from '@kaizen-trace/ports';
import type { LogConnection, OwnedPartition, RecordBatch } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import { bytes, eventually, fixtureOf, scanEverything, sleep, take, values, within } from './harness.js';
import { acquire, commit, exportersOf, holdInput, holdSpans, leaseOf, unit } from './members.js';

/** Arrays of truth values take twice the bytes in OTLP that they take in the log, and a pair has two events. */
const largestSpanBytes = 4 * 1024 * 1024 - 4_096;

/** The exporters' side: committed spans, and a position that survives. */
export const describeSpanLog = (context: SuiteContext): void => {
  describe('span log', () => {
    const fixture = fixtureOf(context);
    const { patienceMs } = context;
    const timeout = patienceMs * 3;

    const producer = async (connection: LogConnection, partition: number): Promise<OwnedPartition> =>
      acquire(await leaseOf(await holdInput(connection, fixture()), partition, context), context);

    const emit = async (owned: OwnedPartition, ...spans: readonly string[]): Promise<void> =>
      commit(owned, unit({ next: 1n, spans: spans.map(bytes) }));

    it(
      'gives committed spans in order, on the partition of their input, and wakes for new ones',
      async () => {
        const owned = await producer(await fixture().connect(), 1);
        await emit(owned, 'a', 'b');
        const exporter = await fixture().connect();
        expect(await exportersOf(exporter, fixture()).partitionCount()).toBe(fixture().partitions);
        const held = await holdSpans(exporter, fixture());
        await eventually('all partitions', patienceMs, () => held.leases.size === fixture().partitions);
        const partition = held.leases.get(1)!;
        expect(partition.committedOffset).toBeUndefined();
        const first = await take(partition.read(partition.bounds.start), 2);
        expect(values(first.records)).toEqual(['a', 'b']);
        const later = take(partition.read(first.nextOffset!), 1);
        await sleep(50);
        await emit(owned, 'c');
        expect(values((await within('the reader wakes', patienceMs, later)).records)).toEqual(['c']);
        const other = held.leases.get(0)!;
        expect(other.bounds.end - other.bounds.start).toBe(0n);
      },
      timeout,
    );

    it(
      'says of each message when the log took what it was made of, and carries one that does not know',
      async () => {
        const owned = await producer(await fixture().connect(), 0);
        const appendedAt = millis(1_700_000_000_123);
        await commit(owned, unit({ next: 1n, spans: [bytes('a'), bytes('b')], appendedAt }));
        await commit(owned, unit({ next: 2n, spans: [bytes('c')] }));
        const exporter = await fixture().connect();
        const lease = await leaseOf(await holdSpans(exporter, fixture()), 0, context);
        const { records } = await take(lease.read(lease.bounds.start), 3);
        expect(values(records)).toEqual(['a', 'b', 'c']);
        expect(records.map(readAppendedAt)).toEqual([appendedAt, appendedAt, undefined]);
      },
      timeout,
    );

    it(
      'carries one span of two full events, up to 4 MiB, and lets an exporter put it aside',
      async () => {
        const owned = await producer(await fixture().connect(), 0);
        const large = new Uint8Array(largestSpanBytes).fill(7);
        await commit(owned, unit({ next: 1n, spans: [bytes('before'), large, bytes('after')] }));
        const exporter = await fixture().connect();
        const lease = await leaseOf(await holdSpans(exporter, fixture()), 0, context);
        const { records, nextOffset } = await take(lease.read(lease.bounds.start), 3);
        expect(records.map(({ value }) => value?.length)).toEqual([6, largestSpanBytes, 5]);
        const headers = [['reason', bytes('x'.repeat(4_096))]] as const;
        await lease.acknowledge({
          nextOffset: nextOffset!,
          deadLetters: [{ key: null, value: large, headers }],
        });
        const [letter] = await scanEverything(exporter.deadLetters);
        expect(letter?.value?.length).toBe(largestSpanBytes);
      },
      timeout,
    );

    it(
      'keeps the acknowledged position for the next member of the group',
      async () => {
        const owned = await producer(await fixture().connect(), 0);
        await emit(owned, 'a', 'b', 'c');
        const first = await holdSpans(await fixture().connect(), fixture());
        const lease = await leaseOf(first, 0, context);
        const { nextOffset } = await take(lease.read(lease.bounds.start), 3);
        await lease.acknowledge({ nextOffset: nextOffset!, deadLetters: [] });
        await emit(owned, 'd');
        await first.member.leave();
        const second = await leaseOf(await holdSpans(await fixture().connect(), fixture()), 0, context);
        expect(second.committedOffset).toBe(nextOffset);
        expect(values((await take(second.read(second.committedOffset!), 1)).records)).toEqual(['d']);
      },
      timeout,
    );

    it(
      'repeats what was not acknowledged when the exporter dies',
      async () => {
        const owned = await producer(await fixture().connect(), 0);
        await emit(owned, 'a');
        const doomed = await fixture().connect();
        const lease = await leaseOf(await holdSpans(doomed, fixture()), 0, context);
        const { nextOffset } = await take(lease.read(lease.bounds.start), 1);
        await lease.acknowledge({ nextOffset: nextOffset!, deadLetters: [] });
        await emit(owned, 'b', 'c');
        expect(values((await take(lease.read(nextOffset!), 2)).records)).toEqual(['b', 'c']);
        await fixture().crash(doomed);
        const heir = await leaseOf(await holdSpans(await fixture().connect(), fixture()), 0, context);
        expect(values((await take(heir.read(heir.committedOffset!), 2)).records)).toEqual(['b', 'c']);
      },
      timeout,
    );

    it(
      'shares the partitions among exporters, and ends the reads of what it takes away',
      async () => {
        const { partitions } = fixture();
        const first = await holdSpans(await fixture().connect(), fixture());
        await eventually('first has all', patienceMs, () => first.leases.size === partitions);
        const drain = async (batches: AsyncIterable<RecordBatch>): Promise<void> => {
          for await (const batch of batches) expect(batch.records).toHaveLength(0);
        };
        const reads = [...first.leases.values()].map((lease) => ({
          signal: lease.signal,
          end: drain(lease.read(lease.bounds.start)),
        }));
        const second = await holdSpans(await fixture().connect(), fixture());
        await eventually(
          'both share',
          patienceMs,
          () => second.leases.size > 0 && first.leases.size + second.leases.size === partitions,
        );
        const revoked = reads.filter(({ signal }) => signal.aborted).map(({ end }) => end);
        expect(revoked.length).toBeGreaterThan(0);
        await within('revoked reads end', patienceMs, Promise.all(revoked));
      },
      timeout,
    );

    it(
      'shows what each exporter announces and holds, and no assembler',
      async () => {
        const { partitions } = fixture();
        const asking = exportersOf(await fixture().connect(), fixture());
        expect(await asking.members()).toEqual([]);
        await holdInput(await fixture().connect(), fixture(), 'http://assembler');
        const { member, leases } = await holdSpans(await fixture().connect(), fixture(), 'http://exporter');
        await eventually('it has all', patienceMs, () => leases.size === partitions);
        expect(await asking.members()).toEqual([
          {
            memberId: member.memberId,
            announcement: 'http://exporter',
            partitions: [...leases.keys()].sort((a, b) => a - b),
          },
        ]);
      },
      timeout,
    );

    it(
      'has dead letters in the log when an acknowledgement that brings them returns',
      async () => {
        const owned = await producer(await fixture().connect(), 0);
        await emit(owned, 'refused');
        const connection = await fixture().connect();
        const lease = await leaseOf(await holdSpans(connection, fixture()), 0, context);
        const { records, nextOffset } = await take(lease.read(lease.bounds.start), 1);
        await lease.acknowledge({
          nextOffset: nextOffset!,
          deadLetters: [{ key: null, value: records[0]!.value, headers: [['stage', bytes('export')]] }],
        });
        expect(values(await scanEverything(connection.deadLetters))).toEqual(['refused']);
      },
      timeout,
    );
  });
};
