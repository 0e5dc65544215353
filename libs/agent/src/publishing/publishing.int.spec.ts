import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { describeReal } from '@kaizen-trace/testkit';
import { eventsOf, openLogOf } from '../testing/live-gateway.js';
import { addUp, event } from '../testing/publishing-fixture.js';
import { kafkaPublisher } from './publishers.js';
import { PublishingHook } from './publishing-hook.js';

await describeReal('kafkaPublisher', ['kafka'], ({ kafka }) => {
  it('brings each event onto the topic once, each trace in its order', async () => {
    const topicPrefix = `agent-${randomUUID()}.`;
    const publisher = kafkaPublisher({ brokers: kafka.brokers, topicPrefix });
    const hook = new PublishingHook({ publisher });
    for (let index = 0; index < 5000; index += 1) void hook.handle(event(index, `t${index % 13}`));
    expect(await publisher.flush()).toBe(true);
    const stats = publisher.stats();
    expect(stats).toMatchObject({ accepted: 5000, delivered: 5000, possiblyRepeated: 0 });
    addUp(stats);
    expect(await publisher.close()).toBe(true);
    const log = await openLogOf({ KAFKA_BROKERS: kafka.brokers.join(','), KAIZEN_TOPIC_PREFIX: topicPrefix });
    try {
      const events = await eventsOf(log.events);
      expect(events).toHaveLength(5000);
      for (let trace = 0; trace < 13; trace += 1) {
        const own = events
          .filter(({ traceId }) => traceId === `t${trace}`)
          .map(({ data }) => Number(data.index));
        expect(own).toEqual([...own].sort((a, b) => a - b));
      }
    } finally {
      await log.close();
    }
  }, 60_000);

  it('waits for brokers that are away, and holds nothing up', async () => {
    const problems: string[] = [];
    const publisher = kafkaPublisher({
      brokers: '127.0.0.1:9',
      onProblem: (message) => void problems.push(message),
    });
    const hook = new PublishingHook({ publisher });
    for (let index = 0; index < 1000; index += 1) void hook.handle(event(index));
    expect(await publisher.flush(8)).toBe(false);
    const stats = publisher.stats();
    expect(stats).toMatchObject({ accepted: 1000, buffered: 1000, isAway: true });
    expect(problems.join()).toContain('127.0.0.1:9');
    const began = performance.now();
    await publisher.close(0);
    expect(performance.now() - began).toBeLessThan(5_000);
  }, 60_000);

  it('refuses at construction where no broker is named', () => {
    expect(() => kafkaPublisher({ brokers: '' })).toThrow(/brokers/);
  });
});
