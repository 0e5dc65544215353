import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { describeDeadLetterApi } from '../../testing/dead-letters.suite.js';

describeDeadLetterApi('dead letters of the embedded log', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-letters-'));
  const env = { KAIZEN_DATA_DIR: directory, KAIZEN_PARTITIONS: '3' };
  const reading = readSettings(defineSettings({ log: logSettings }), env);
  if (reading.type === 'refused') throw new Error('wrong settings');
  return {
    prefix: 'kaizen.',
    connect: () => openLog(reading.settings.log),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
});
