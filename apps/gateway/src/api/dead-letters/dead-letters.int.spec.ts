import { randomUUID } from 'node:crypto';
import { openLog } from '@kaizen-trace/adapters';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { describeReal } from '@kaizen-trace/testkit';
import { describeDeadLetterApi } from '../../testing/dead-letters.suite.js';

await describeReal('the gateway before Kafka', ['kafka'], ({ kafka }) => {
  describeDeadLetterApi('dead letters on Kafka', () => {
    const prefix = `letters-${randomUUID()}.`;
    const env = {
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: prefix,
      KAIZEN_PARTITIONS: '3',
    };
    const reading = readSettings(defineSettings({ log: logSettings }), env);
    if (reading.type === 'refused') throw new Error('wrong settings');
    return Promise.resolve({
      prefix,
      connect: () => openLog(reading.settings.log),
      dispose: () => Promise.resolve(),
    });
  });
});
