import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '@kaizen-trace/adapters';
import { offset, type LogConnection } from '@kaizen-trace/ports';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lagsOf } from './lag.js';

let folder = '';
let log: LogConnection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-lag-'));
  const env = { KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '1' };
  const read = readSettings(defineSettings({ log: logSettings }), env);
  if (read.type !== 'ok') throw new Error('the settings are refused');
  log = await openLog(read.settings.log);
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

/** Appends one record, and gives when that was by the log's clock. */
const append = async (): Promise<number> => {
  const { end } = await log.events.bounds(0);
  await log.events.append([{ key: Buffer.from('t'), value: Buffer.from('anything') }]);
  const [time] = await log.events.appendTimes([{ partition: 0, offset: end }]);
  return time!;
};

const lagAt = async (nextOffset: bigint, now: number) => {
  const positions = [{ partition: 0, nextOffset }];
  return lagsOf(log.events, { positions, bounds: await log.events.allBounds(), now: () => now });
};

describe('lag', () => {
  it('in time is the age of the oldest record that is not done, however little came after it', async () => {
    const first = await append();
    expect(await lagAt(0n, first + 60_000)).toEqual([{ partition: 0, records: 1, ms: 60_000 }]);
    await sleep(20);
    const second = await append();
    expect(second).toBeGreaterThan(first);
    await append();
    expect(await lagAt(0n, first + 61_000)).toEqual([{ partition: 0, records: 3, ms: 61_000 }]);
    expect(await lagAt(1n, second + 500)).toEqual([{ partition: 0, records: 2, ms: 500 }]);
  });

  it('is nothing where all is done, and never less than nothing by a clock that is behind the log’s', async () => {
    const first = await append();
    expect(await lagAt(1n, first + 60_000)).toEqual([{ partition: 0, records: 0, ms: 0 }]);
    expect(await lagAt(2n, first + 60_000)).toEqual([{ partition: 0, records: 0, ms: 0 }]);
    expect(await lagAt(0n, first - 60_000)).toEqual([{ partition: 0, records: 1, ms: 0 }]);
  });

  it('says nothing of partitions that the log does not have', async () => {
    const positions = [{ partition: 3, nextOffset: offset(0n) }];
    expect(await lagsOf(log.events, { positions, bounds: await log.events.allBounds() })).toEqual([]);
  });
});
