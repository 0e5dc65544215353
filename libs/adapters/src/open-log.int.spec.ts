import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { describeReal } from '@kaizen-trace/testkit';
import { openLog } from './index.js';

await describeReal('openLog with brokers', ['kafka'], (real) => {
  it('opens the log on Kafka, under the prefix and with the partitions that are set', async () => {
    const reading = readSettings(defineSettings({ log: logSettings }), {
      KAFKA_BROKERS: real.kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: `adapters-${randomUUID()}.`,
      KAIZEN_PARTITIONS: '2',
      KAIZEN_LOG_RETENTION: 'forever',
    });
    if (reading.type === 'refused') throw new Error('wrong settings');
    const log = await openLog(reading.settings.log);
    try {
      expect(await log.events.partitionCount()).toBe(2);
      const outcome = await log.events.append([{ key: Buffer.from('key'), value: Buffer.from('value') }]);
      expect(outcome).toEqual({ type: 'appended' });
      const ends = await Promise.all(
        [0, 1].map(async (partition) => (await log.events.bounds(partition)).end),
      );
      expect(ends.filter((end) => end > 0n)).toHaveLength(1);
    } finally {
      await log.close();
    }
  });
});
