import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { describeReal } from '@kaizen-trace/testkit';

await describeReal('the log on a Kafka whose connections are cut', ['proxiedKafka'], ({ proxiedKafka }) => {
  it('opens all the same, wherever in the opening that happens', async () => {
    const { proxy, proxiedBrokers: brokers } = proxiedKafka;
    const failures: unknown[] = [];
    for (let cutAfterMs = 2; cutAfterMs < 120; cutAfterMs += 6) {
      const topicPrefix = `cut-${randomUUID()}.`;
      const cut = sleep(cutAfterMs).then(() => proxy.reset());
      try {
        await (await openKafkaLog({ brokers, topicPrefix, partitions: 1 })).close();
      } catch (error) {
        failures.push(error);
      }
      await cut;
    }
    expect(failures).toEqual([]);
  }, 120_000);
});
