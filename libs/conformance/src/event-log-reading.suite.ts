import { describe, expect, it } from '@jest/globals';
import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import type { LogRecord } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import { append, fixtureOf, recordsOn, scanAll, sleep, values, within } from './harness.js';

/** Reading the event log without a group: bounds, positions by time, bounded scans. */
export const describeEventLogReading = (context: SuiteContext): void => {
  describe('event log: bounded reading', () => {
    const fixture = fixtureOf(context);
    const timeout = context.patienceMs * 3;

    it(
      'says how many partitions there are, and starts empty',
      async () => {
        const { events } = await fixture().connect();
        expect(await events.partitionCount()).toBe(fixture().partitions);
        for (let partition = 0; partition < fixture().partitions; partition += 1) {
          const { start, end } = await events.bounds(partition);
          expect(end - start).toBe(0n);
        }
      },
      timeout,
    );

    it(
      'moves the end of the bounds past what was appended, and the end only',
      async () => {
        const connection = await fixture().connect();
        const before = await connection.events.bounds(0);
        await append(connection, recordsOn(fixture(), 0, { count: 7 }));
        const after = await connection.events.bounds(0);
        expect(after.start).toBe(before.start);
        expect(after.end - before.end).toBe(7n);
        expect((await scanAll(connection.events, 0)).at(-1)!.offset).toBe(after.end - 1n);
      },
      timeout,
    );

    it(
      'finds the first offset at or after a time; the end where there is none',
      async () => {
        const connection = await fixture().connect();
        for (const prefix of ['a', 'b', 'c']) {
          await append(connection, recordsOn(fixture(), 1, { count: 4, prefix }));
          await sleep(40);
        }
        const found = await scanAll(connection.events, 1);
        const second = found.find((record) => values([record])[0]!.startsWith('b'))!;
        const { start, end } = await connection.events.bounds(1);
        const at = (time: number): Promise<bigint> => connection.events.offsetAt(1, millis(time));
        expect(await at(0)).toBe(start);
        expect(await at(second.appendTime)).toBe(second.offset);
        expect(await at((second.appendTime - 10) as Millis)).toBe(second.offset);
        const last = found.find((record) => values([record])[0]!.startsWith('c'))!;
        expect(await at(last.appendTime)).toBe(last.offset);
        expect(await at(found.at(-1)!.appendTime + 1000)).toBe(end);
        const empty = await connection.events.bounds(2);
        expect(await connection.events.offsetAt(2, millis(0))).toBe(empty.end);
      },
      timeout,
    );

    it(
      'tells whoever watches it all bounds and some append times in one look each',
      async () => {
        const { events } = await fixture().connect();
        const connection = await fixture().connect();
        await append(connection, recordsOn(fixture(), 0, { count: 3 }));
        await sleep(40);
        await append(connection, recordsOn(fixture(), 1, { count: 2 }));
        const bounds = await events.allBounds();
        expect(bounds).toHaveLength(fixture().partitions);
        for (const [partition, each] of bounds.entries())
          expect(each).toEqual(await events.bounds(partition));
        const [zero, one] = [(await scanAll(events, 0)).at(-1)!, (await scanAll(events, 1))[0]!];
        const places = [
          { partition: 1, offset: one.offset },
          { partition: 0, offset: zero.offset },
          { partition: 0, offset: bounds[0]!.end },
          { partition: 2, offset: bounds[2]!.start },
        ];
        expect(await events.appendTimes(places)).toEqual([
          one.appendTime,
          zero.appendTime,
          undefined,
          undefined,
        ]);
        expect(await events.appendTimes([])).toEqual([]);
        await fixture().trimEvents(0, zero.offset);
        expect(await events.appendTimes([{ partition: 0, offset: bounds[0]!.start }])).toEqual([
          zero.appendTime,
        ]);
      },
      timeout,
    );

    it(
      'scans exactly the range that was asked for, and ends there',
      async () => {
        const connection = await fixture().connect();
        await append(connection, recordsOn(fixture(), 0, { count: 50 }));
        const { start } = await connection.events.bounds(0);
        const found: LogRecord[] = [];
        let position = start + 10n;
        const range = { partition: 0, from: offset(position), to: offset(start + 23n) };
        for await (const batch of connection.events.scan(range)) {
          found.push(...batch.records);
          expect(batch.nextOffset > position).toBe(true);
          position = batch.nextOffset;
        }
        expect(position >= range.to).toBe(true);
        expect(values(found)).toEqual(Array.from({ length: 13 }, (_, index) => `event-${index + 10}`));
        for await (const batch of connection.events.scan({ ...range, to: range.from }))
          expect(batch.records).toHaveLength(0);
      },
      timeout,
    );

    it(
      'gives each record exactly once over a scan of thousands, and leaves nothing behind',
      async () => {
        const connection = await fixture().connect();
        for (let call = 0; call < 4; call += 1)
          await append(connection, recordsOn(fixture(), 0, { count: 1_000, prefix: `${call}-` }));
        const before = await connection.events.bounds(0);
        const first = await scanAll(connection.events, 0);
        expect(first).toHaveLength(4_000);
        expect(new Set(values(first)).size).toBe(4_000);
        expect(values(await scanAll(connection.events, 0))).toEqual(values(first));
        expect(await connection.events.bounds(0)).toEqual(before);
      },
      timeout,
    );

    it(
      'ends a scan when its signal aborts, or was aborted before',
      async () => {
        const connection = await fixture().connect();
        for (let call = 0; call < 10; call += 1)
          await append(connection, recordsOn(fixture(), 0, { count: 500 }));
        const { start, end } = await connection.events.bounds(0);
        const range = { partition: 0, from: start, to: end };
        const drain = async (signal: AbortSignal, onBatch: () => void): Promise<void> => {
          for await (const batch of connection.events.scan(range, signal))
            if (batch.records.length > 0) onBatch();
        };
        let batches = 0;
        await within(
          'a scan aborted before it began ends',
          context.patienceMs,
          drain(AbortSignal.abort(), () => (batches += 1)),
        );
        expect(batches).toBe(0);
        const stop = new AbortController();
        await within(
          'a scan aborted at its first batch ends',
          context.patienceMs,
          drain(stop.signal, () => stop.abort()),
        );
        expect(await scanAll(connection.events, 0)).toHaveLength(5_000);
      },
      timeout,
    );

    it(
      'starts at the oldest record still kept after retention',
      async () => {
        const connection = await fixture().connect();
        await append(connection, recordsOn(fixture(), 0, { count: 30 }));
        await fixture().trimEvents(0, offset((await connection.events.bounds(0)).start + 12n));
        const { start, end } = await connection.events.bounds(0);
        expect(end - start).toBe(18n);
        expect(values(await scanAll(connection.events, 0))[0]).toBe('event-12');
        expect(await connection.events.offsetAt(0, millis(0))).toBe(start);
      },
      timeout,
    );
  });
};
