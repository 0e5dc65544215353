import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '@kaizen-trace/adapters';
import {
  acceptSpans,
  describeReal,
  eventually,
  failWith,
  realJaeger,
  startOtlpBackend,
  type OtlpAnswer,
  type OtlpBackend,
} from '@kaizen-trace/testkit';
import { readCliSettings } from './settings.js';
import { hurriedRules, operation, publish } from './testing/alerting.js';
import { operate, type Operated } from './testing/operated.js';
import { describeWithPrometheus, startPrometheus, type Prometheus } from './testing/real-prometheus.js';

describeWithPrometheus('alerts', () => {
  let folder: string;
  let services: Operated;
  let prometheus: Prometheus;
  let backend: OtlpBackend;
  let answer: OtlpAnswer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-alerts-'));
    const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '2' });
    services = operate(() => openLog(log), { group: 'alerts', prefix: 'kaizen.' });
    prometheus = await startPrometheus(hurriedRules());
    answer = acceptSpans;
    backend = await startOtlpBackend((call, respond) => answer(call, respond));
  });

  afterEach(async () => {
    await prometheus.stop();
    await services.close();
    backend.stop();
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
    expect(await prometheus.firing()).toEqual([]);
    await first.close();
    await operation(gateway.url, 'after');
    await prometheus.becomes('KaizenPartitionNotAssembled', 'firing');
    await prometheus.becomes('KaizenServiceDown', 'firing');
    // As where its name stands for no address any more.
    await prometheus.scrape({ 'kaizen-gateway': [gateway.url] });
    await eventually('the service as a whole is missed', 30_000, async () => {
      const alert = await prometheus.becomes('KaizenServiceDown', 'firing');
      return alert?.labels.instance === undefined;
    });
    const second = await services.assembler();
    await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [second.url] });
    await prometheus.becomes('KaizenPartitionNotAssembled', 'resolved');
    await prometheus.becomes('KaizenServiceDown', 'resolved');
  }, 180_000);

  const poisonRecord = async (): Promise<void> => {
    const log = await services.connect();
    const poison = { key: Buffer.from('t'), value: Buffer.from('no event at all') };
    expect((await log.events.append([poison])).type).toBe('appended');
    const labels = { service: 'span-assembler', reason: 'BrokenRecordError' };
    await prometheus.becomes('KaizenDeadLetters', 'firing', labels);
    // At once, and no more when nothing else comes.
    await prometheus.becomes('KaizenDeadLetters', 'resolved', labels);
  };

  const refusedBatch = async (gateway: string): Promise<void> => {
    answer = failWith(status.INTERNAL);
    // One batch, and so one letter: the first must be seen, or nobody is told.
    const call = { trace_id: 'refused', data: { call_id: 'c' } };
    await publish(gateway, { event_type: 'pre_tool_use', ...call }, { event_type: 'post_tool_use', ...call });
    const labels = { service: 'span-exporter', reason: 'INTERNAL' };
    await prometheus.becomes('KaizenDeadLetters', 'firing', labels);
    await prometheus.becomes('KaizenDeadLetters', 'resolved', labels);
  };

  const tooMuchAtATime = async (gateway: string): Promise<void> => {
    const large = { headers: { 'content-type': 'application/json' }, body: ' '.repeat(700 * 1024) };
    const ask = async (): Promise<number> =>
      (await fetch(`${gateway}/v1/events`, { method: 'POST', ...large })).status;
    const seen = new Set<number>();
    await eventually('requests are sent away', 60_000, async () => {
      for (const status of await Promise.all(Array.from({ length: 6 }, ask))) seen.add(status);
      await sleep(250);
      return (await prometheus.firing()).includes('KaizenGatewayBackPressure');
    });
    expect([...seen]).toContain(429);
    await prometheus.becomes('KaizenGatewayBackPressure', 'resolved');
  };

  const neverEnding = async (gateway: string): Promise<void> => {
    const call = { trace_id: 't', data: { call_id: 'c' } };
    await publish(gateway, { event_type: 'pre_tool_use', ...call });
    await prometheus.becomes('KaizenOldOpenOperation', 'firing');
    await publish(gateway, { event_type: 'post_tool_use', ...call });
    await prometheus.becomes('KaizenOldOpenOperation', 'resolved');
  };

  it('tell of a poison record and of a batch that the backend refuses, of requests sent away for want of room and of an operation open for too long, each until that is over', async () => {
    const [gateway, crowded] = [await services.gateway(), await services.gateway()];
    const assembler = await services.assembler();
    const exporter = await services.exporter(backend.endpoint);
    await prometheus.scrape({
      'kaizen-gateway': [gateway.url, crowded.url],
      'kaizen-assembler': [assembler.url],
      'kaizen-exporter': [exporter.url],
    });
    await operation(gateway.url, 'before');
    await eventually('all is exported', 30_000, async () => {
      const [taken] = await prometheus.query('sum(kaizen_exporter_spans_total{outcome="accepted"})');
      // Each has been scraped, or what it counts next has no beginning.
      const [up] = await prometheus.query('sum(up)');
      return taken?.value === 2 && up?.value === 4;
    });
    expect(await prometheus.firing()).toEqual([]);
    await Promise.all([
      poisonRecord(),
      refusedBatch(gateway.url),
      tooMuchAtATime(crowded.url),
      neverEnding(gateway.url),
    ]);
    expect(await prometheus.firing()).toEqual([]);
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
        expect(await prometheus.firing()).toEqual([]);
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
