import { describe, expect, it } from '@jest/globals';
import { encodeBatch, intoBatches, recordSize, type OutgoingRecord } from './record-batch.js';
import { readBatches, UnreadableBatchError } from './record-batch-reader.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const plain = { producerId: 7n, producerEpoch: 0, baseSequence: 0, transactional: false };
const inTransaction = { ...plain, transactional: true };

/** The batch as the log would hold it. */
const at = (offset: bigint, batch: Buffer): Buffer => {
  const placed = Buffer.from(batch);
  placed.writeBigInt64BE(offset, 0);
  return placed;
};

/** What the coordinator appends when a transaction ends. */
const marker = (offset: bigint, type: 'abort' | 'commit'): Buffer => {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  const batch = at(offset, encodeBatch([{ key, value: Buffer.alloc(6) }], inTransaction));
  batch.writeInt16BE(0x30, 21);
  return batch;
};

const texts = (read: ReturnType<typeof readBatches>): readonly (string | undefined)[] =>
  read.records.map(({ value }) => (value === null ? undefined : Buffer.from(value).toString()));

describe('record batches', () => {
  it('come back as they were: nulls, empty values, and headers in order, repeated names too', () => {
    const records: readonly OutgoingRecord[] = [
      {
        key: bytes('k'),
        value: bytes('v'),
        headers: [
          ['b', bytes('1')],
          ['a', bytes('2')],
          ['b', bytes('')],
          ['__proto__', bytes('3')],
        ],
      },
      { key: null, value: Buffer.alloc(0) },
      { key: bytes('gone'), value: null },
      { key: bytes('long'), value: Buffer.alloc(70_000, 5) },
    ];
    const { records: found, nextOffset } = readBatches(at(40n, encodeBatch(records, plain)), 40n, []);
    expect(nextOffset).toBe(44n);
    expect(found.map(({ offset }) => offset)).toEqual([40n, 41n, 42n, 43n]);
    expect(found[0]?.headers.map(([name, value]) => [name, Buffer.from(value).toString()])).toEqual([
      ['b', '1'],
      ['a', '2'],
      ['b', ''],
      ['__proto__', '3'],
    ]);
    expect(found[1]).toMatchObject({ key: null, headers: [] });
    expect(found[1]?.value?.length).toBe(0);
    expect(found[2]?.value).toBeNull();
    expect(found[3]?.value?.length).toBe(70_000);
  });

  it('show nothing of an aborted transaction, and all of a committed one beside it', () => {
    const other = { ...inTransaction, producerId: 8n };
    const log = Buffer.concat([
      at(0n, encodeBatch([{ key: null, value: bytes('aborted') }], inTransaction)),
      at(1n, encodeBatch([{ key: null, value: bytes('committed') }], other)),
      marker(2n, 'abort'),
      at(3n, encodeBatch([{ key: null, value: bytes('again') }], inTransaction)),
      marker(4n, 'commit'),
    ]);
    const read = readBatches(log, 0n, [{ producerId: 7n, firstOffset: 0n }]);
    expect(texts(read)).toEqual(['committed', 'again']);
    expect(read.nextOffset).toBe(5n);
  });

  it('leave out what lies below the position, and what was cut off at the end', () => {
    const first = at(
      0n,
      encodeBatch(
        ['a', 'b', 'c'].map((one) => ({ key: null, value: bytes(one) })),
        plain,
      ),
    );
    const second = at(3n, encodeBatch([{ key: null, value: bytes('d') }], plain));
    const cut = Buffer.concat([first, second.subarray(0, second.length - 1)]);
    const read = readBatches(cut, 2n, []);
    expect(texts(read)).toEqual(['c']);
    expect(read.nextOffset).toBe(3n);
  });

  it('are refused by name where their compression is unknown, not skipped', () => {
    const batch = at(0n, encodeBatch([{ key: null, value: bytes('x') }], plain));
    batch.writeInt16BE(3, 21);
    expect(() => readBatches(batch, 0n, [])).toThrow(UnreadableBatchError);
    expect(() => readBatches(batch, 0n, [])).toThrow(/lz4/);
  });

  it('are cut so that each fits the limit, in order, with nothing lost', () => {
    const records = Array.from({ length: 50 }, (_, index) => ({
      key: null,
      value: Buffer.alloc(index * 40, index),
    }));
    const limit = 4000;
    const batches = intoBatches(records, limit);
    expect(batches.flat()).toEqual(records);
    for (const batch of batches) expect(encodeBatch(batch, plain).length).toBeLessThanOrEqual(limit);
    const large = { key: null, value: Buffer.alloc(limit) };
    expect(intoBatches([records[1]!, large, records[2]!], limit)).toEqual([
      [records[1]],
      [large],
      [records[2]],
    ]);
    expect(recordSize(large)).toBeGreaterThan(limit);
  });
});
