import { describe, expect, it } from '@jest/globals';
import type { DeadLetter, LogRecord } from '@kaizen-trace/ports';
import { offset, readRedriveMark, redriveMark } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import { bytes, fixtureOf, plain, scanAll, scanEverything } from './harness.js';
import { acquire, commit, holdInput, holdSpans, leaseOf, unit } from './members.js';

const shape = ({ key, value, headers }: DeadLetter | LogRecord): unknown => ({
  key: plain(key),
  value: plain(value),
  headers: headers.map(([name, bytesOfHeader]) => [name, plain(bytesOfHeader)]),
});

const odd = Uint8Array.from([0, 255, 254, 10, 195]);
const odd2: DeadLetter = { key: odd, value: bytes('of the older one'), headers: [] };

/** Letters keep what was sent, byte for byte. */
export const describeDeadLetters = (context: SuiteContext): void => {
  describe('dead letters', () => {
    const fixture = fixtureOf(context);
    const timeout = context.patienceMs * 3;

    it(
      'keep the original bytes and headers, from assembling and from exporting',
      async () => {
        const connection = await fixture().connect();
        const assembling: readonly DeadLetter[] = [
          {
            key: odd,
            value: odd,
            headers: [
              ['h', odd],
              ['h', bytes('again')],
              ['why', bytes('assemble')],
            ],
          },
          { key: null, value: bytes('no key'), headers: [] },
          { key: bytes('no value'), value: null, headers: [['why', bytes('assemble')]] },
        ];
        const exporting: DeadLetter = { key: null, value: odd, headers: [['why', bytes('export')]] };
        const owned = await acquire(
          await leaseOf(await holdInput(connection, fixture()), 0, context),
          context,
        );
        await commit(owned, unit({ next: 1n, deadLetters: assembling }));
        const lease = await leaseOf(await holdSpans(connection, fixture()), 0, context);
        await lease.acknowledge({ nextOffset: lease.bounds.start, deadLetters: [exporting] });
        const reader = await fixture().connect();
        const found = (await scanEverything(reader.deadLetters)).map(shape);
        expect(found).toHaveLength(4);
        for (const letter of [...assembling, exporting]) expect(found).toContainEqual(shape(letter));
      },
      timeout,
    );

    it(
      'come back with their mark, or neither, and only through the newest redriver',
      async () => {
        const connection = await fixture().connect();
        const owned = await acquire(
          await leaseOf(await holdInput(connection, fixture()), 0, context),
          context,
        );
        const letter: DeadLetter = { key: odd, value: odd, headers: [['h', odd]] };
        await commit(owned, unit({ next: 1n, deadLetters: [letter] }));
        const older = await (await fixture().connect()).deadLetters.openRedriver(0);
        const newer = await (await fixture().connect()).deadLetters.openRedriver(0);
        const nameless: DeadLetter = { key: null, value: odd, headers: [] };
        const back = (record: DeadLetter, mark: bigint): Parameters<typeof newer.commit>[0] => ({
          events: [
            { partition: 1, record },
            { partition: 2, record: nameless },
          ],
          marks: [redriveMark(offset(mark))],
        });
        expect((await older.commit(back(odd2, 7n))).type).toBe('fenced');
        expect((await newer.commit(back(letter, newer.bounds.start))).type).toBe('committed');
        expect((await newer.commit({ events: [], marks: [redriveMark(offset(9n))] })).type).toBe('committed');
        await Promise.all([older.close(), newer.close(), newer.close()]);
        expect((await scanAll(connection.events, 1)).map(shape)).toEqual([shape(letter)]);
        expect((await scanAll(connection.events, 2)).map(shape)).toEqual([shape(nameless)]);
        const [first, ...marks] = await scanAll(connection.deadLetters, 0);
        expect(readRedriveMark(first!)).toBeUndefined();
        expect(marks.map(readRedriveMark)).toEqual([first!.offset, 9n]);
        expect(newer.bounds.end).toBeGreaterThan(first!.offset);
      },
      timeout,
    );

    it(
      'take a letter as large as the largest record, with its headers',
      async () => {
        const connection = await fixture().connect();
        const value = new Uint8Array(fixture().maxRecordBytes - 1_024).fill(7);
        const headers = [['reason', bytes('x'.repeat(4_096))]] as const;
        const owned = await acquire(
          await leaseOf(await holdInput(connection, fixture()), 1, context),
          context,
        );
        await commit(owned, unit({ next: 1n, deadLetters: [{ key: bytes('k'), value, headers }] }));
        const [found] = await scanEverything(connection.deadLetters);
        expect(found!.value!.length).toBe(value.length);
      },
      timeout,
    );
  });
};
