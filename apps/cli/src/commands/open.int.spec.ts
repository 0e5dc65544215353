import { randomUUID } from 'node:crypto';
import { openLog } from '@kaizen-trace/adapters';
import { describeReal } from '@kaizen-trace/testkit';
import { describeOpenOperations } from '../testing/open-operations.suite.js';
import { readCliSettings } from '../settings.js';

await describeReal('open, on a real Kafka', ['kafka'], ({ kafka }) => {
  describeOpenOperations('open operations on Kafka', () => {
    const prefix = `open-${randomUUID()}.`;
    const { log } = readCliSettings({
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: prefix,
      KAIZEN_PARTITIONS: '3',
    });
    return Promise.resolve({ prefix, connect: () => openLog(log), dispose: () => Promise.resolve() });
  });
});
