import { expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openLog } from '@kaizen-trace/adapters';
import { readEvent } from '@kaizen-trace/contracts';
import { describeReal } from '@kaizen-trace/testkit';
import { readCliSettings } from '../settings.js';
import { byTrace, loggedEvents } from '../testing/logged-events.js';
import { run } from '../testing/run-cli.js';
import { freshDefaults } from './fresh-defaults.js';

const example = new URL('../../../../examples/01-first-trace/run.ndjson', import.meta.url);

const exampleEvents = async () => {
  const lines = (await readFile(example, 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const reading = readEvent(JSON.parse(line), freshDefaults);
    if (reading.type === 'refused') throw new Error(reading.reason);
    return reading.event;
  });
};

await describeReal('publish, straight to Kafka', ['kafka'], ({ kafka }) => {
  it('brings every event of the example onto the topic, once, each trace in its order', async () => {
    const env = { KAFKA_BROKERS: kafka.brokers.join(','), KAIZEN_TOPIC_PREFIX: `cli-${randomUUID()}.` };
    const { exitCode, stderr } = await run(['publish', example.pathname], { env });
    expect(stderr).toContain('published 236 events to Kafka');
    expect(exitCode).toBe(0);
    const log = await openLog(readCliSettings(env).log);
    try {
      expect(await loggedEvents(log.events)).toEqual(byTrace(await exampleEvents()));
    } finally {
      await log.close();
    }
  }, 60_000);

  it('exits 1 where no broker answers, and names the brokers', async () => {
    const { exitCode, stderr } = await run(['publish', example.pathname], {
      env: { KAFKA_BROKERS: '127.0.0.1:1' },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('127.0.0.1:1');
    expect(stderr).toContain('KAFKA_BROKERS');
  }, 60_000);
});

await describeReal('doctor, on a real Kafka and a real Jaeger', ['kafka', 'jaeger'], ({ kafka, jaeger }) => {
  const examine = async (otlpEndpoint: string) => {
    const { stdout } = await run(['doctor'], {
      env: {
        KAFKA_BROKERS: kafka.brokers.join(','),
        KAIZEN_TOPIC_PREFIX: `cli-${randomUUID()}.`,
        KAIZEN_GATEWAY_URL: 'http://127.0.0.1:1',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${otlpEndpoint}`,
        KAIZEN_QUERY_PORT: new URL(jaeger.queryUrl).port,
      },
    });
    return stdout.split('\n');
  };

  it('finds each well, one line a check', async () => {
    const lines = await examine(jaeger.otlpEndpoint);
    expect(lines[0]).toMatch(/^✓ log .*Kafka at .* answers; \d+ partitions/);
    expect(lines[1]).toMatch(/^✗ gateway .*npm start/);
    expect(lines[2]).toMatch(/^✓ otlp .*takes OTLP over gRPC/);
    expect(lines[3]).toMatch(/^✓ query .*answers/);
  }, 60_000);

  it('says of the port of Jaeger’s pages that it is the wrong one', async () => {
    const [, , otlp] = await examine(new URL(jaeger.queryUrl).host);
    expect(otlp).toMatch(/^✗ otlp .*speaks HTTP, not OTLP gRPC: use 4317/);
  }, 60_000);
});
