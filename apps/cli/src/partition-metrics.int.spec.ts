import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { describeReal } from '@kaizen-trace/testkit';
import { readCliSettings } from './settings.js';
import { describePartitionMetrics, partitions } from './testing/partition-metrics.suite.js';

await describeReal('over the rebalances of a real Kafka', ['kafka'], ({ kafka }) => {
  describePartitionMetrics('metrics of partitions', async () => {
    const prefix = `metrics-${randomUUID()}.`;
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-metrics-'));
    const { log } = readCliSettings({
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: prefix,
      KAIZEN_PARTITIONS: String(partitions),
      KAIZEN_STATE_DIR: folder,
    });
    return {
      connect: () => openLog(log),
      prefix,
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  });
});
