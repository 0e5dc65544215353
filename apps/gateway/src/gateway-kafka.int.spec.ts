import { expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { describeReal, ownKafka } from '@kaizen-trace/testkit';
import { anEvent, openGatewayFixture, send } from './testing/gateway-fixture.js';

const openKafka = (brokers: readonly string[]) => {
  const reading = readSettings(defineSettings({ log: logSettings }), {
    KAFKA_BROKERS: brokers.join(','),
    KAIZEN_PARTITIONS: '2',
  });
  if (reading.type === 'refused') throw new Error('wrong settings');
  return openLog(reading.settings.log);
};

await describeReal('the gateway before Kafka', ['kafka'], () => {
  it('answers 503 while the broker is away, and takes events again when it is back', async () => {
    const kafka = await ownKafka();
    const log = await openKafka(kafka.brokers);
    const fixture = await openGatewayFixture({ events: log.events, ping: () => log.ping() });
    const post = async () => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(anEvent({ event_id: 'one' }));
      const { status, headers: answered } = await send(fixture.gateway, { headers, body });
      return [status, answered['retry-after']];
    };
    /** A broker that has just started may refuse for a moment; clients are told to send again. */
    const postUntilTaken = async () => {
      let answer = await post();
      for (let attempt = 0; attempt < 20 && answer[0] === 503; attempt += 1) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        answer = await post();
      }
      return answer;
    };
    const ready = async () => (await send(fixture.gateway, { method: 'GET', path: '/readyz' })).status;
    try {
      expect(await postUntilTaken()).toEqual([202, undefined]);
      expect(await ready()).toBe(200);
      await kafka.crash();
      expect(await post()).toEqual([503, '5']);
      expect(await ready()).toBe(503);
      await kafka.restart();
      expect(await postUntilTaken()).toEqual([202, undefined]);
      expect(await ready()).toBe(200);
    } finally {
      await fixture.close();
      await log.close();
      await kafka.stop();
    }
  }, 180_000);
});
