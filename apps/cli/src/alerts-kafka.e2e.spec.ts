import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '@kaizen-trace/adapters';
import { acceptSpans, describeReal, eventually, startOtlpBackend } from '@kaizen-trace/testkit';
import { readCliSettings } from './settings.js';
import { hurriedRules, operation, publish, send } from './testing/alerting.js';
import { operate, type Operated } from './testing/operated.js';
import { pipelineOf } from './testing/pipeline-api.suite.js';
import { describeWithPrometheus, startPrometheus, type Prometheus } from './testing/real-prometheus.js';

const partitions = 3;
const openOperations = 5_000;

/** Operations that have begun, spread over the partitions, many in one trace. */
const manyOpen = async (gateway: string): Promise<void> => {
  const perTrace = 100;
  for (let trace = 0; trace < openOperations / perTrace; trace += 1)
    await publish(
      gateway,
      ...Array.from({ length: perTrace }, (_, call) => ({
        event_type: 'pre_tool_use',
        trace_id: `open-${trace}`,
        data: { call_id: `${call}`, tool_input: 'x'.repeat(300) },
      })),
    );
};

await describeReal('alerts about what Kafka does', ['proxiedKafka'], ({ proxiedKafka: kafka }) => {
  describeWithPrometheus('to services on it', () => {
    let folder: string;
    let prefix: string;
    let prometheus: Prometheus;
    let opened: Operated[];

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaizen-alerts-'));
      prefix = `alerts-${randomUUID()}.`;
      opened = [];
      prometheus = await startPrometheus(hurriedRules());
    });

    afterEach(async () => {
      kafka.proxy.delay(0);
      await prometheus.stop();
      for (const services of opened.reverse()) await services.close();
      await rm(folder, { recursive: true, force: true });
    });

    interface Place {
      readonly brokers?: readonly string[];
      readonly group?: string;
      readonly clientId?: string;
    }

    /** Services of one group. Each place has a disk of its own for its state. */
    const place = ({ brokers = kafka.brokers, group = 'g', clientId = 'alerts' }: Place = {}): Operated => {
      const { log } = readCliSettings({
        KAFKA_BROKERS: brokers.join(','),
        KAFKA_CLIENT_ID: clientId,
        KAIZEN_TOPIC_PREFIX: prefix,
        KAIZEN_PARTITIONS: String(partitions),
        KAIZEN_STATE_DIR: join(folder, String(opened.length)),
      });
      const services = operate(() => openLog(log), { group: prefix + group, prefix });
      opened.push(services);
      return services;
    };

    /** Scrapes less often: a service whose log is slow or away takes two seconds to answer. */
    const scrapePatiently = async (): Promise<void> => {
      await prometheus.stop();
      prometheus = await startPrometheus(hurriedRules(), 3);
    };

    const valueOf = async (expression: string): Promise<number | undefined> =>
      (await prometheus.query(expression))[0]?.value;

    const becomesQuiet = (): Promise<void> =>
      eventually('no alert fires', 60_000, async () => {
        const running = await valueOf('sum(kaizen_assembler_partition_running)');
        return running === partitions && (await prometheus.firing()).length === 0;
      });

    it('tell of partitions whose only assembler stops, and that halt under one of another group, until their owner has caught up', async () => {
      const backend = await startOtlpBackend(acceptSpans);
      try {
        const gateway = await place().gateway();
        const exporter = await place().exporter(backend.endpoint);
        const first = await place().assembler();
        const others = { 'kaizen-gateway': [gateway.url], 'kaizen-exporter': [exporter.url] };
        await prometheus.scrape({ ...others, 'kaizen-assembler': [first.url] });
        // Every partition has state, or whoever comes next may begin it.
        for (const trace of 'abcdefghijkl') await operation(gateway.url, trace);
        const isSettled = async (): Promise<boolean> => {
          const lags = await prometheus.query(
            '{__name__=~"kaizen_(assembler|exporter)_lag_(records|seconds)|kaizen:assembler_lag_records:by_partition"}',
          );
          const spans = await valueOf('sum(kaizen_exporter_spans_total{outcome="accepted"})');
          // Markers of transactions take offsets too, and count for nobody.
          return (spans ?? 0) >= 24 && lags.length === 15 && lags.every(({ value }) => value === 0);
        };
        await eventually('nobody lags', 60_000, isSettled);
        await becomesQuiet();
        expect(await prometheus.query('kaizen_assembler_events_total > 0')).toHaveLength(partitions);
        await first.close();
        for (const trace of 'mnopqrst') await operation(gateway.url, trace);
        await prometheus.becomes('KaizenPartitionNotAssembled', 'firing');
        const foreign = await place({ group: 'another' }).assembler();
        await prometheus.scrape({ ...others, 'kaizen-assembler': [foreign.url] });
        const halted = await prometheus.becomes('KaizenPartitionHalted', 'firing');
        expect(`http://${halted?.labels.instance}`).toBe(foreign.url);
        expect(await prometheus.firing()).toContain('KaizenPartitionNotAssembled');
        expect(await prometheus.firing()).not.toContain('KaizenRestoreTooLong');
        await foreign.close();
        const second = await place().assembler();
        await prometheus.scrape({ ...others, 'kaizen-assembler': [second.url] });
        for (const alert of ['KaizenPartitionHalted', 'KaizenPartitionNotAssembled'])
          await prometheus.becomes(alert, 'resolved');
        await eventually('nobody lags again', 60_000, isSettled);
      } finally {
        backend.stop();
      }
    }, 120_000);

    it('tell of a partition whose commits fail, though it is folded again and again', async () => {
      const gateway = await place().gateway();
      const assembler = await place({ brokers: kafka.proxiedBrokers, clientId: 'cut-off' }).assembler();
      await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [assembler.url] });
      await operation(gateway.url, 'before');
      await eventually(
        'it is committed',
        30_000,
        async () => (await valueOf('sum(kaizen_assembler_records_total)')) === 2,
      );
      await becomesQuiet();
      let giveUp = (): void => undefined;
      const cut = (): void => {
        giveUp = kafka.watch.atNext('before-commit', 'cut-off', cut);
      };
      cut();
      await operation(gateway.url, 'while cut off');
      await prometheus.becomes('KaizenAssemblerLag', 'firing');
      expect(await valueOf('sum(kaizen_assembler_retries_total)')).toBeGreaterThan(0);
      const shown = (await pipelineOf(gateway)).partitions.map(({ lag_ms: lag }) => lag ?? 0);
      expect(Math.max(...shown)).toBeGreaterThan(1_000);
      giveUp();
      await prometheus.becomes('KaizenAssemblerLag', 'resolved');
    }, 120_000);

    it('tell of a restore that comes to no end on a slow network, until it is there', async () => {
      await scrapePatiently();
      const gateway = await place().gateway();
      const first = await place().assembler();
      await manyOpen(gateway.url);
      await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [first.url] });
      const open = 'sum(kaizen_assembler_open_operations)';
      await eventually('all is open', 30_000, async () => (await valueOf(open)) === openOperations);
      await becomesQuiet();
      await first.close();
      kafka.proxy.delay(250);
      const second = await place({ brokers: kafka.proxiedBrokers }).assembler();
      await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [second.url] });
      await prometheus.becomes('KaizenRestoreTooLong', 'firing');
      kafka.proxy.delay(0);
      await prometheus.becomes('KaizenRestoreTooLong', 'resolved');
      await eventually('all is open again', 30_000, async () => (await valueOf(open)) === openOperations);
      await becomesQuiet();
    }, 120_000);

    it('tell that the log takes nothing while the broker is away, and of nothing once it is back', async () => {
      await scrapePatiently();
      const gateway = await place().gateway();
      const assembler = await place().assembler();
      await prometheus.scrape({ 'kaizen-gateway': [gateway.url], 'kaizen-assembler': [assembler.url] });
      await operation(gateway.url, 'before');
      await becomesQuiet();
      const statuses = new Set<number>();
      const enough = new AbortController();
      const agents = Array.from({ length: 6 }, async (_, agent) => {
        for (let call = 0; !enough.signal.aborted; call += 1) {
          const event = { event_type: 'pre_tool_use', trace_id: 't', data: { call_id: `${agent}-${call}` } };
          statuses.add(await send(gateway.url, [event]));
          await sleep(500 + 100 * agent);
        }
      });
      try {
        await kafka.crash();
        await prometheus.becomes('KaizenLogTakesNothing', 'firing');
        expect([...statuses]).toContain(503);
        await kafka.restart();
        await prometheus.becomes('KaizenLogTakesNothing', 'resolved');
      } finally {
        enough.abort();
        await Promise.all(agents);
      }
      expect(await send(gateway.url, [{ event_type: 'pre_tool_use', trace_id: 't' }])).toBe(202);
    }, 180_000);
  });
});
