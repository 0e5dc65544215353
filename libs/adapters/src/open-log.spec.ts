import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineSettings, logSettings, readSettings, type LogSettings } from '@kaizen-trace/settings';
import { openLog } from './index.js';

const settingsOf = (env: Record<string, string>): LogSettings => {
  const reading = readSettings(defineSettings({ log: logSettings }), env);
  if (reading.type === 'refused') throw new Error('wrong settings');
  return reading.settings.log;
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-adapters-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('openLog without brokers', () => {
  it('makes an embedded log with the number of partitions that was set, and finds it again without', async () => {
    const first = await openLog(settingsOf({ KAIZEN_DATA_DIR: directory, KAIZEN_PARTITIONS: '5' }));
    const outcome = await first.events.append([{ key: Buffer.from('key'), value: Buffer.from('value') }]);
    expect(outcome).toEqual({ type: 'appended' });
    await first.close();
    const second = await openLog(settingsOf({ KAIZEN_DATA_DIR: directory }), { create: false });
    expect(await second.events.partitionCount()).toBe(5);
    await second.close();
  });

  it('refuses a log with another number of partitions than was set', async () => {
    await (await openLog(settingsOf({ KAIZEN_DATA_DIR: directory, KAIZEN_PARTITIONS: '5' }))).close();
    const changed = openLog(settingsOf({ KAIZEN_DATA_DIR: directory, KAIZEN_PARTITIONS: '6' }));
    await expect(changed).rejects.toMatchObject({ code: 'KAIZEN_LOG_PARTITIONS' });
  });

  it('makes none where it must exist', async () => {
    const missing = openLog(settingsOf({ KAIZEN_DATA_DIR: join(directory, 'none') }), { create: false });
    await expect(missing).rejects.toMatchObject({ code: 'KAIZEN_LOG_MISSING' });
  });

  it('keeps records for ever where that is set', async () => {
    const log = await openLog(settingsOf({ KAIZEN_DATA_DIR: directory, KAIZEN_LOG_RETENTION: 'forever' }));
    expect(await log.ping()).toEqual({ type: 'reachable' });
    await log.close();
  });
});
