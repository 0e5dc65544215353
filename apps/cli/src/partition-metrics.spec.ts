import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { readCliSettings } from './settings.js';
import { describePartitionMetrics, partitions } from './testing/partition-metrics.suite.js';

describePartitionMetrics('metrics of partitions', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-metrics-'));
  const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: String(partitions) });
  return {
    connect: () => openLog(log),
    prefix: 'kaizen.',
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
