import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OwnedPartition } from '@kaizen-trace/ports';
import { openLmdb } from '@kaizen-trace/state-store';
import { openEmbeddedLog } from './embedded-log.js';
import { statePrefix } from './keys.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-format-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const partitions = 2;
const formatKey = Buffer.from('format');

/** A directory as the first release left it. */
const oldLog = async (entries: readonly (readonly [string, string])[], format: object): Promise<void> => {
  await (await openEmbeddedLog({ directory, partitions })).close();
  const lmdb = openLmdb(directory, { mapSize: 1024 ** 3 });
  const [meta, state] = [lmdb.table('meta'), lmdb.table('state')];
  await lmdb.transact(() => {
    void meta.put(formatKey, Buffer.from(JSON.stringify(format)));
    const prefix = statePrefix('g', 1);
    for (const [key, value] of entries)
      void state.put(Buffer.concat([prefix, Buffer.from(key)]), Buffer.from(value));
  });
  await lmdb.close();
};

const formatNow = async (): Promise<unknown> => {
  const lmdb = openLmdb(directory, { mapSize: 1024 ** 3 });
  const found = JSON.parse(lmdb.table('meta').get(formatKey)!.toString()) as unknown;
  await lmdb.close();
  return found;
};

const own = (log: Awaited<ReturnType<typeof openEmbeddedLog>>): Promise<OwnedPartition> =>
  new Promise((resolve, reject) => {
    void log.assemblers({ group: 'g' }).join(async (lease) => {
      if (lease.partition !== 1) return;
      const outcome = await lease.acquire();
      if (outcome.type === 'acquired') resolve(outcome.owned);
      else reject(outcome.cause);
      await new Promise((done) => lease.signal.addEventListener('abort', done, { once: true }));
    });
  });

const entries = (count: number): readonly (readonly [string, string])[] => [
  ['partition', 'record'],
  ...Array.from({ length: count }, (_, index) => [`o:${index}:trace-${index}`, `\u0001${index}`] as const),
  ['t:trace-7', '\u0001trace'],
];

describe('a log of the first format', () => {
  it('is upcast when it is opened: every entry is there, to be looked at once', async () => {
    await oldLog(entries(12_000), { format: 1, partitions });
    const log = await openEmbeddedLog({ directory });
    const state = await (await own(log)).restore();
    expect([...state.all()].flat()).toHaveLength(12_002);
    expect(Buffer.from(state.get('partition')!).toString()).toBe('record');
    expect(state.entriesOf('trace-7').map(({ key }) => key)).toEqual(['o:7:trace-7', 't:trace-7']);
    expect(state.due({ after: 0, through: 1, atMost: 10 }).traces).toHaveLength(12_000);
    expect(await log.state({ group: 'g' }).latest(1, 't:trace-7')).toEqual(
      Uint8Array.from(Buffer.from('\u0001trace')),
    );
    await log.close();
    expect(await formatNow()).toEqual({ format: 2, partitions });
  });

  it('is upcast to its end by whoever opens it after a crash in the middle', async () => {
    await oldLog(entries(3), { format: 2, partitions, from: 1 });
    const logs = await Promise.all([openEmbeddedLog({ directory }), openEmbeddedLog({ directory })]);
    const state = await (await own(logs[0])).restore();
    expect([...state.all()].flat()).toHaveLength(5);
    for (const log of logs) await log.close();
    expect(await formatNow()).toEqual({ format: 2, partitions });
  });

  it('that is newer than this release is refused, and not touched', async () => {
    await oldLog(entries(1), { format: 3, partitions });
    await expect(openEmbeddedLog({ directory })).rejects.toMatchObject({ code: 'KAIZEN_LOG_FORMAT' });
    expect(await formatNow()).toEqual({ format: 3, partitions });
  });
});
