import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { acceptSpans, describeReal, eventually, realJaeger, startOtlpBackend } from '@kaizen-trace/testkit';
import { readCliSettings } from './settings.js';
import { operate, type Operated } from './testing/operated.js';
import { describeWithPrometheus, startPrometheus, type Prometheus } from './testing/real-prometheus.js';

const file = new URL('../../../infra/prometheus/rules/kaizen-trace.yml', import.meta.url);

/** Thresholds of hours and minutes as a test can wait for them. Each must be in the rules. */
const thresholds = [
  ['kaizen_assembler_lag_seconds) > 60', 'kaizen_assembler_lag_seconds) > 1'],
  ['kaizen_exporter_lag_seconds) > 120', 'kaizen_exporter_lag_seconds) > 2'],
  ['oldest_open_age_seconds) > 86400', 'oldest_open_age_seconds) > 3'],
] as const;

/** The rules that are shipped, with nothing changed but how long things take. */
const hurriedRules = (): string => {
  let rules = readFileSync(file, 'utf8')
    .replace(/^( +for:) \d+m$/gm, '$1 1s')
    .replace(/\[\d+m\]/g, '[10s]');
  for (const [usual, hurried] of thresholds) {
    expect(rules).toContain(usual);
    rules = rules.replace(usual, hurried);
  }
  return rules;
};

const publish = async (gateway: string, event: Readonly<Record<string, unknown>>): Promise<void> => {
  const response = await fetch(`${gateway}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent_id: 'a', ...event }),
  });
  expect(response.status).toBe(202);
};

const operation = async (gateway: string, trace: string): Promise<void> => {
  for (const type of ['pre_llm_call', 'post_llm_call'])
    await publish(gateway, { event_type: type, trace_id: trace, data: { call_id: 'c' } });
};

describeWithPrometheus('alerts', () => {
  let folder: string;
  let services: Operated;
  let prometheus: Prometheus;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-alerts-'));
    const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '2' });
    services = operate(() => openLog(log), { group: 'alerts', prefix: 'kaizen.' });
    prometheus = await startPrometheus(hurriedRules());
  });

  afterEach(async () => {
    await prometheus.stop();
    await services.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tell of partitions that nobody folds once the assembler has stopped, until another has caught up', async () => {
    const gateway = await services.gateway();
    const first = await services.assembler();
    await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [first.url] });
    await operation(gateway.url, 'before');
    await eventually('all is folded', 30_000, async () => {
      const lag = await prometheus.query('sum(kaizen:assembler_lag_records:by_partition)');
      const folded = await prometheus.query('sum(kaizen_assembler_events_total)');
      return lag[0]?.value === 0 && folded[0]?.value === 2;
    });
    expect((await prometheus.alerts()).filter(({ state }) => state === 'firing')).toEqual([]);
    await first.close();
    await operation(gateway.url, 'after');
    await prometheus.becomes('KaizenPartitionNotAssembled', 'firing');
    await prometheus.becomes('KaizenServiceDown', 'firing');
    const second = await services.assembler();
    await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [second.url] });
    await prometheus.becomes('KaizenPartitionNotAssembled', 'resolved');
    await prometheus.becomes('KaizenServiceDown', 'resolved');
  }, 180_000);

  it('tell of a poison record at once, and no more when nothing else comes', async () => {
    const assembler = await services.assembler();
    const log = await services.connect();
    await prometheus.scrape({ 'kaizen-assembler': [assembler.url] });
    const reasons = 'kaizen_assembler_dead_letters_total{reason="BrokenRecordError"}';
    await eventually('a first scrape', 30_000, async () => (await prometheus.query(reasons)).length === 1);
    const poison = { key: Buffer.from('t'), value: Buffer.from('no event at all') };
    expect((await log.events.append([poison])).type).toBe('appended');
    await prometheus.becomes('KaizenDeadLetters', 'firing');
    const [alert] = (await prometheus.alerts()).filter(({ name }) => name === 'KaizenDeadLetters');
    expect(alert?.labels).toMatchObject({ service: 'span-assembler', reason: 'BrokenRecordError' });
    await prometheus.becomes('KaizenDeadLetters', 'resolved');
  }, 180_000);

  it('tell of requests that are sent away for want of room', async () => {
    const gateway = await services.gateway();
    await prometheus.scrape({ 'kaizen-gateway': [gateway.url] });
    const large = { headers: { 'content-type': 'application/json' }, body: ' '.repeat(700 * 1024) };
    const ask = async (): Promise<number> =>
      (await fetch(`${gateway.url}/v1/events`, { method: 'POST', ...large })).status;
    const seen = new Set<number>();
    await eventually('the alert', 60_000, async () => {
      for (const status of await Promise.all(Array.from({ length: 6 }, ask))) seen.add(status);
      const found = await prometheus.alerts();
      return found.some(({ name, state }) => name === 'KaizenGatewayBackPressure' && state === 'firing');
    });
    expect([...seen]).toContain(429);
    await prometheus.becomes('KaizenGatewayBackPressure', 'resolved');
  }, 180_000);

  it('tell of an operation that has been open for too long, until its POST comes', async () => {
    const gateway = await services.gateway();
    const assembler = await services.assembler();
    await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [assembler.url] });
    const call = { trace_id: 't', data: { call_id: 'c' } };
    await publish(gateway.url, { event_type: 'pre_tool_use', ...call });
    await prometheus.becomes('KaizenOldOpenOperation', 'firing');
    await publish(gateway.url, { event_type: 'post_tool_use', ...call });
    await prometheus.becomes('KaizenOldOpenOperation', 'resolved');
  }, 180_000);
});

await describeReal('alerts about the backend', ['jaeger'], () => {
  describeWithPrometheus('on a Jaeger that stops', () => {
    it('tell that it is away, that exports are repeated and late, until there is one again', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kaizen-alerts-'));
      const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '2' });
      const services = operate(() => openLog(log), { group: 'alerts', prefix: 'kaizen.' });
      const prometheus = await startPrometheus(hurriedRules());
      const doomed = await realJaeger({ own: true });
      try {
        const gateway = await services.gateway();
        await services.assembler();
        const exporter = await services.exporter(doomed.otlpEndpoint);
        await prometheus.scrape({ 'kaizen-exporter': [exporter.url] });
        await operation(gateway.url, 'before');
        await eventually('an end to end time', 30_000, async () => {
          const [seen] = await prometheus.query('kaizen_exporter_end_to_end_seconds_count');
          return (seen?.value ?? 0) > 0;
        });
        const seconds = await prometheus.query('kaizen_exporter_end_to_end_seconds_sum');
        expect(seconds[0]?.value).toBeGreaterThan(0);
        await doomed.stop();
        await operation(gateway.url, 'while away');
        for (const alert of ['KaizenBackendAway', 'KaizenExporterRetries', 'KaizenExporterLag'])
          await prometheus.becomes(alert, 'firing');
        const next = await realJaeger({ own: true });
        try {
          await exporter.close();
          const other = await services.exporter(next.otlpEndpoint);
          await prometheus.scrape({ 'kaizen-exporter': [other.url] });
          for (const alert of ['KaizenBackendAway', 'KaizenExporterRetries', 'KaizenExporterLag'])
            await prometheus.becomes(alert, 'resolved');
        } finally {
          await next.stop();
        }
      } finally {
        await prometheus.stop();
        await services.close();
        await doomed.stop();
        await rm(folder, { recursive: true, force: true });
      }
    }, 240_000);
  });
});

await describeReal('alerts about assemblers on Kafka', ['kafka'], ({ kafka }) => {
  describeWithPrometheus('of which the only one stops', () => {
    it('tell of its partitions, until another has caught up and nobody lags', async () => {
      const prefix = `alerts-${randomUUID()}.`;
      const { log } = readCliSettings({
        KAFKA_BROKERS: kafka.brokers.join(','),
        KAIZEN_TOPIC_PREFIX: prefix,
        KAIZEN_PARTITIONS: '3',
      });
      const services = operate(() => openLog(log), { group: prefix, prefix });
      const backend = await startOtlpBackend(acceptSpans);
      const prometheus = await startPrometheus(hurriedRules());
      try {
        const gateway = await services.gateway();
        const exporter = await services.exporter(backend.endpoint);
        const first = await services.assembler();
        const others = { 'kaizen-gateway': [gateway.url], 'kaizen-exporter': [exporter.url] };
        await prometheus.scrape({ ...others, 'kaizen-assembler': [first.url] });
        for (const trace of ['a', 'b', 'c', 'd']) await operation(gateway.url, trace);
        const isSettled = async (): Promise<boolean> => {
          const lags = await prometheus.query(
            '{__name__=~"kaizen_(assembler|exporter)_lag_(records|seconds)|kaizen:assembler_lag_records:by_partition"}',
          );
          const [spans] = await prometheus.query('sum(kaizen_exporter_spans_total{outcome="accepted"})');
          // Markers of transactions take offsets too, and count for nobody.
          return (spans?.value ?? 0) >= 8 && lags.length === 15 && lags.every(({ value }) => value === 0);
        };
        await eventually('nobody lags', 60_000, isSettled);
        await first.close();
        for (const trace of ['e', 'f', 'g', 'h']) await operation(gateway.url, trace);
        await prometheus.becomes('KaizenPartitionNotAssembled', 'firing');
        const second = await services.assembler();
        await prometheus.scrape({ ...others, 'kaizen-assembler': [second.url] });
        await prometheus.becomes('KaizenPartitionNotAssembled', 'resolved');
        await eventually('nobody lags again', 60_000, isSettled);
      } finally {
        await prometheus.stop();
        await services.close();
        backend.stop();
      }
    }, 240_000);
  });
});
