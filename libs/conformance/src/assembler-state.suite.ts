import { describe, expect, it } from '@jest/globals';
import type { RecordBatch } from '@kaizen-trace/ports';
import { isTick, offset, OffsetOutOfRangeError } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import {
  append,
  bytes,
  eventually,
  fixtureOf,
  recordsOn,
  sleep,
  take,
  text,
  values,
  within,
} from './harness.js';
import { acquire, commit, holdInput, leaseOf, restored, stateOf, unit } from './members.js';

/** What an owner is given: its state, its input, and ticks. */
export const describeAssemblerState = (context: SuiteContext): void => {
  describe('assembler log: state and input', () => {
    const fixture = fixtureOf(context);
    const { patienceMs } = context;
    const timeout = patienceMs * 3;

    it(
      'restores the latest value of each entry, without what was removed, apart for each partition',
      async () => {
        const connection = await fixture().connect();
        const held = await holdInput(connection, fixture());
        const owned = await acquire(await leaseOf(held, 0, context), context);
        const other = await acquire(await leaseOf(held, 1, context), context);
        const entry = (key: string, value: string | null): { key: string; value: Uint8Array | null } => ({
          key,
          value: value === null ? null : bytes(value),
        });
        await commit(owned, unit({ next: 1n, state: [entry('a', '1'), entry('b', '1'), entry('c', '1')] }));
        await commit(
          owned,
          unit({ next: 2n, state: [entry('a', '2'), entry('b', null), entry('ä\u001f', '2')] }),
        );
        await commit(owned, unit({ next: 3n, state: [entry('c', '3')] }));
        await commit(other, unit({ next: 9n, state: [entry('a', 'other')] }));
        const again = await acquire(await leaseOf(held, 0, context), context);
        const state = [...(await restored(again))].map(([key, value]) => [key, text(value)]);
        expect(state.sort()).toEqual([
          ['a', '2'],
          ['c', '3'],
          ['ä\u001f', '2'],
        ]);
        expect(again.committedOffset).toBe(3n);
        const fresh = await acquire(await leaseOf(held, 2, context), context);
        expect((await restored(fresh)).size).toBe(0);
        expect(fresh.committedOffset).toBeUndefined();
      },
      timeout,
    );

    it(
      'restores thousands of entries to another process',
      async () => {
        const doomed = await fixture().connect();
        const owned = await acquire(await leaseOf(await holdInput(doomed, fixture()), 0, context), context);
        const key = (index: number): string => `${'trace-'.repeat(20)}${index}`;
        const entries = Array.from({ length: 6_000 }, (_, index) => ({
          key: key(index),
          value: bytes(`value-${index}`.padEnd(200, '.')),
        }));
        await commit(owned, unit({ next: 1n, state: entries.slice(0, 4_000) }));
        await commit(owned, unit({ next: 2n, state: entries.slice(4_000) }));
        const removed = entries.slice(0, 500).map((entry) => ({ key: entry.key, value: null }));
        await commit(owned, unit({ next: 3n, state: removed }));
        await fixture().crash(doomed);
        const heir = await fixture().connect();
        const lease = await leaseOf(await holdInput(heir, fixture()), 0, context);
        const state = await restored(await acquire(lease, context));
        expect(state.size).toBe(5_500);
        expect(state.has(key(499))).toBe(false);
        expect(text(state.get(key(5_999))!)!.startsWith('value-5999.')).toBe(true);
      },
      timeout,
    );

    it(
      'reads on from an offset, waits at the end, and wakes for what another process appends',
      async () => {
        const writer = await fixture().connect();
        const connection = await fixture().connect();
        await append(writer, recordsOn(fixture(), 0, { count: 10 }));
        const owned = await acquire(
          await leaseOf(await holdInput(connection, fixture()), 0, context),
          context,
        );
        const { start, end } = owned.bounds;
        expect(end - start).toBe(10n);
        const first = await take(owned.read(offset(start + 4n)), 6);
        expect(values(first.records)).toEqual([4, 5, 6, 7, 8, 9].map((index) => `event-${index}`));
        expect(first.nextOffset! >= end).toBe(true);
        const later = take(owned.read(first.nextOffset!), 2);
        await sleep(50);
        await append(writer, recordsOn(fixture(), 0, { count: 2, prefix: 'late-' }));
        const woken = await within('the reader wakes', patienceMs, later);
        expect(values(woken.records)).toEqual(['late-0', 'late-1']);
      },
      timeout,
    );

    it(
      'ends a read that waits when the partition is closed, and when the member leaves',
      async () => {
        const held = await holdInput(await fixture().connect(), fixture());
        const drain = async (batches: AsyncIterable<RecordBatch>): Promise<void> => {
          for await (const batch of batches) expect(batch.records).toHaveLength(0);
        };
        const closing = await acquire(await leaseOf(held, 0, context), context);
        const leaving = await acquire(await leaseOf(held, 1, context), context);
        const ends = [closing, leaving].map((owned) => drain(owned.read(owned.bounds.end)));
        await sleep(50);
        await closing.close();
        await within('the closed one ends', patienceMs, ends[0]!);
        await held.member.leave();
        await within('the revoked one ends', patienceMs, ends[1]!);
      },
      timeout,
    );

    it(
      'refuses to read below the start of the log instead of skipping records',
      async () => {
        const connection = await fixture().connect();
        await append(connection, recordsOn(fixture(), 0, { count: 20 }));
        const { start } = await connection.events.bounds(0);
        await fixture().trimEvents(0, offset(start + 5n));
        const owned = await acquire(
          await leaseOf(await holdInput(connection, fixture()), 0, context),
          context,
        );
        expect(owned.bounds.start).toBe(start + 5n);
        await expect(take(owned.read(start), 1)).rejects.toThrow(OffsetOutOfRangeError);
        const kept = await take(owned.read(owned.bounds.start), 15);
        expect(values(kept.records)[0]).toBe('event-5');
      },
      timeout,
    );

    it(
      'puts ticks into the input, in order with the events and with an append time',
      async () => {
        const connection = await fixture().connect();
        const owned = await acquire(
          await leaseOf(await holdInput(connection, fixture()), 2, context),
          context,
        );
        await append(connection, recordsOn(fixture(), 2, { count: 1, prefix: 'before-' }));
        await owned.appendTick();
        await append(connection, recordsOn(fixture(), 2, { count: 1, prefix: 'after-' }));
        const { records } = await within(
          'three records',
          patienceMs,
          take(owned.read(owned.bounds.start), 3),
        );
        expect(records.map(isTick)).toEqual([false, true, false]);
        expect(Math.abs(records[1]!.appendTime - Date.now())).toBeLessThan(patienceMs);
        for (const partition of [0, 1]) {
          const { start, end } = await connection.events.bounds(partition);
          expect(end - start).toBe(0n);
        }
      },
      timeout,
    );

    it(
      'lets anybody look at the latest of an entry, and the owner goes on as if nobody had',
      async () => {
        const owned = await acquire(
          await leaseOf(await holdInput(await fixture().connect(), fixture()), 1, context),
          context,
        );
        const entry = (
          value: string | null,
          key = 'partition',
        ): { key: string; value: Uint8Array | null } => ({
          key,
          value: value === null ? null : bytes(value),
        });
        const state = stateOf(await fixture().connect());
        expect(await state.latest(1, 'partition')).toBeUndefined();
        await commit(owned, unit({ next: 1n, state: [entry('r', 'rare'), entry('1')] }));
        const often = Array.from({ length: 2_500 }, (_, index) => entry('x', `other-${index}`));
        await commit(owned, unit({ next: 2n, state: [...often, entry('2')] }));
        expect(text((await state.latest(1, 'partition'))!)).toBe('2');
        expect(text((await state.latest(1, 'other-7'))!)).toBe('x');
        expect(text((await state.latest(1, 'rare'))!)).toBe('r');
        expect(await state.latest(1, 'never')).toBeUndefined();
        expect(await state.latest(0, 'partition')).toBeUndefined();
        await commit(owned, unit({ next: 3n, state: [entry(null, 'other-7'), entry('3')] }));
        expect(await state.latest(1, 'other-7')).toBeUndefined();
        expect(text((await state.latest(1, 'partition'))!)).toBe('3');
      },
      timeout,
    );

    it(
      'hands state and position on to the member that takes the partition over',
      async () => {
        const { partitions } = fixture();
        const first = await holdInput(await fixture().connect(), fixture());
        await eventually('first has all', patienceMs, () => first.leases.size === partitions);
        for (const lease of first.leases.values()) {
          const owned = await acquire(lease, context);
          const state = [{ key: 'partition', value: bytes(`of-${lease.partition}`) }];
          await commit(owned, unit({ next: BigInt(lease.partition + 100), state }));
          await owned.close();
        }
        await first.member.leave();
        const second = await holdInput(await fixture().connect(), fixture());
        await eventually('second has all', patienceMs, () => second.leases.size === partitions);
        for (const lease of second.leases.values()) {
          const owned = await acquire(lease, context);
          expect(owned.committedOffset).toBe(BigInt(lease.partition + 100));
          expect(text((await restored(owned)).get('partition')!)).toBe(`of-${lease.partition}`);
        }
      },
      timeout,
    );
  });
};
