import { describe, expect, it } from '@jest/globals';
import type { NewRecord } from '@kaizen-trace/ports';
import { murmur2 } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import {
  append,
  bytes,
  fixtureOf,
  keyOn,
  plain,
  recordsOn,
  scanAll,
  scanEverything,
  text,
  values,
} from './harness.js';

/** What Kafka's own tests say that its Java client computes. */
const javaHashes: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

/** Appending to the event log, and what then stands in it. */
export const describeEventLog = (context: SuiteContext): void => {
  describe('event log: append', () => {
    const fixture = fixtureOf(context);
    const timeout = context.patienceMs * 3;

    it(
      'shows another connection what it says is appended: key, value and headers',
      async () => {
        const writer = await fixture().connect();
        const record: NewRecord = {
          key: bytes('trace-ä'),
          value: Uint8Array.from([0, 255, 195, 1]),
          headers: [
            ['name', bytes('first')],
            ['name', bytes('second')],
            ['empty', new Uint8Array(0)],
          ],
        };
        await append(writer, [record]);
        const reader = await fixture().connect();
        const [found, ...others] = await scanEverything(reader.events);
        expect(others).toHaveLength(0);
        expect(text(found!.key)).toBe('trace-ä');
        expect(plain(found!.value)).toEqual([0, 255, 195, 1]);
        expect(found!.headers.map(([name, value]) => [name, text(value)])).toEqual([
          ['name', 'first'],
          ['name', 'second'],
          ['empty', ''],
        ]);
      },
      timeout,
    );

    it(
      "puts a key on the partition that Kafka's Java client gives it",
      async () => {
        const connection = await fixture().connect();
        for (const [key, hash] of javaHashes) expect([key, murmur2(bytes(key))]).toEqual([key, hash]);
        await append(
          connection,
          javaHashes.map(([key]) => ({ key: bytes(key), value: bytes('x') })),
        );
        for (let partition = 0; partition < fixture().partitions; partition += 1) {
          const found = await scanAll(connection.events, partition);
          const expected = javaHashes.filter(
            ([, hash]) => (hash & 0x7fffffff) % fixture().partitions === partition,
          );
          expect(found.map((record) => text(record.key)).sort()).toEqual(expected.map(([key]) => key).sort());
        }
      },
      timeout,
    );

    it(
      'keeps the order of a key within a call and across calls, with ascending offsets',
      async () => {
        const connection = await fixture().connect();
        const key = keyOn(1, fixture().partitions);
        const other = keyOn(2, fixture().partitions);
        for (let call = 0; call < 3; call += 1) {
          await append(
            connection,
            Array.from({ length: 20 }, (_, index) => ({
              key: index % 2 === 0 ? key : other,
              value: bytes(`${call}-${index}`),
            })),
          );
        }
        const found = await scanAll(connection.events, 1);
        const sent = [0, 1, 2].flatMap((call) =>
          Array.from({ length: 10 }, (_, index) => `${call}-${index * 2}`),
        );
        expect(values(found)).toEqual(sent);
        found.slice(1).forEach((record, index) => expect(record.offset > found[index]!.offset).toBe(true));
      },
      timeout,
    );

    it(
      'stamps each record with the time of its append, never going back within a partition',
      async () => {
        const connection = await fixture().connect();
        const before = Date.now();
        for (let call = 0; call < 5; call += 1)
          await append(connection, recordsOn(fixture(), 0, { count: 3, prefix: `${call}-` }));
        const after = Date.now();
        const times = (await scanAll(connection.events, 0)).map((record) => record.appendTime as number);
        expect(times).toHaveLength(15);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times[0]!).toBeGreaterThanOrEqual(before - 1);
        expect(times.at(-1)!).toBeLessThanOrEqual(after + 1);
      },
      timeout,
    );

    it(
      'takes many appends at once, from several connections, each record once',
      async () => {
        const writers = [await fixture().connect(), await fixture().connect()];
        const sent = Array.from({ length: 300 }, (_, index) => `record-${index}`);
        await Promise.all(
          sent.map((value, index) =>
            append(writers[index % 2]!, [{ key: bytes(`trace-${index % 17}`), value: bytes(value) }]),
          ),
        );
        const found = await scanEverything(writers[0]!.events);
        expect([...values(found)].sort()).toEqual([...sent].sort());
      },
      timeout,
    );

    it(
      'refuses a record over the limit by its index, and appends nothing of that call',
      async () => {
        const connection = await fixture().connect();
        const good = { key: bytes('good'), value: bytes('good') };
        const oversize = { key: bytes('big'), value: new Uint8Array(fixture().maxRecordBytes + 1) };
        const outcome = await connection.events.append([good, oversize, good]);
        expect(outcome).toMatchObject({ type: 'refused', index: 1 });
        expect(await scanEverything(connection.events)).toHaveLength(0);
        await append(connection, [good]);
        expect(await scanEverything(connection.events)).toHaveLength(1);
      },
      timeout,
    );

    it(
      'takes several large records in one call',
      async () => {
        const connection = await fixture().connect();
        const size = Math.floor(fixture().maxRecordBytes * 0.6);
        const key = keyOn(0, fixture().partitions);
        const records = [1, 2, 3].map((fill) => ({ key, value: new Uint8Array(size).fill(fill) }));
        await append(connection, records);
        const found = await scanAll(connection.events, 0);
        expect(found.map(({ value }) => [value!.length, value![0], value!.at(-1)])).toEqual(
          [1, 2, 3].map((fill) => [size, fill, fill]),
        );
      },
      timeout,
    );

    it(
      'has nothing to do for an empty call',
      async () => {
        const connection = await fixture().connect();
        expect(await connection.events.append([])).toEqual({ type: 'appended' });
        expect(await scanEverything(connection.events)).toHaveLength(0);
      },
      timeout,
    );

    it(
      'answers a ping, and answers unavailable once closed instead of throwing',
      async () => {
        const connection = await fixture().connect();
        expect(await connection.ping()).toEqual({ type: 'reachable' });
        await connection.close();
        await connection.close();
        expect(await connection.ping()).toMatchObject({ type: 'unreachable' });
        const outcome = await connection.events.append([{ key: bytes('k'), value: bytes('v') }]);
        expect(outcome.type).toBe('unavailable');
      },
      timeout,
    );
  });
};
