import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { describeReal } from '@kaizen-trace/testkit';
import { eventsOf, openLogOf } from '../testing/live-gateway.js';
import { addUp, event } from '../testing/publishing-fixture.js';
import { kafkaPublisher } from './publishers.js';
import { PublishingHook } from './publishing-hook.js';

await describeReal('kafkaPublisher, where Kafka goes away', ['ownKafka'], ({ ownKafka }) => {
  it('delivers all when it comes, and again when it comes back, each trace in its order', async () => {
    await ownKafka.crash();
    const topicPrefix = `agent-${randomUUID()}.`;
    const publisher = kafkaPublisher({
      brokers: ownKafka.brokers,
      topicPrefix,
      onProblem: () => undefined,
    });
    const hook = new PublishingHook({ publisher });
    const put = (from: number, to: number): void => {
      for (let index = from; index < to; index += 1)
        expect(hook.handle(event(index, `t${index % 3}`))).toMatchObject({ success: true });
    };
    put(0, 1000);
    expect(await publisher.flush(2)).toBe(false);
    expect(publisher.stats()).toMatchObject({ buffered: 1000, isAway: true });
    await ownKafka.restart();
    expect(await publisher.flush(60)).toBe(true);
    expect(publisher.stats()).toMatchObject({ delivered: 1000, isAway: false });
    await ownKafka.crash();
    put(1000, 2000);
    expect(await publisher.flush(1)).toBe(false);
    await ownKafka.restart();
    expect(await publisher.flush(60)).toBe(true);
    addUp(publisher.stats());
    expect(await publisher.close()).toBe(true);
    const brokers = ownKafka.brokers.join(',');
    const log = await openLogOf({ KAFKA_BROKERS: brokers, KAIZEN_TOPIC_PREFIX: topicPrefix });
    try {
      const seen = [...new Map((await eventsOf(log.events)).map((each) => [each.eventId, each])).values()];
      for (let trace = 0; trace < 3; trace += 1) {
        const own = seen.filter(({ traceId }) => traceId === `t${trace}`).map(({ data }) => data.index);
        const wanted = Array.from({ length: 2000 }, (_, index) => index).filter(
          (index) => index % 3 === trace,
        );
        expect(own.map(Number)).toEqual(wanted);
      }
    } finally {
      await log.close();
    }
  }, 180_000);
});
