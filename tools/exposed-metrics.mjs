/**
 * The metrics that the services really have: each is opened over an empty log of its own, and what they register is
 * noted. Needs a build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { openGateway } from '@kaizen-trace/gateway';
import { createLogger } from '@kaizen-trace/service-kit';
import {
  consoleSettings,
  defineSettings,
  gatewaySettings,
  logSettings,
  readSettings,
} from '@kaizen-trace/settings';
import { openSpanAssembler } from '@kaizen-trace/span-assembler';
import { openExporter } from '@kaizen-trace/span-exporter';
import { openConsole, openTraceStore } from '@kaizen-trace/trace-store';
import { Registry } from 'prom-client';

const services = ['gateway', 'span-assembler', 'span-exporter', 'trace-store', 'console'];
const host = '127.0.0.1';

/** Notes each metric as it is registered and stays so, with the service that its registry belongs to. */
const watchRegistries = () => {
  const seen = [];
  const { registerMetric, removeSingleMetric, setDefaultLabels } = Registry.prototype;
  const names = new WeakMap();
  Registry.prototype.setDefaultLabels = function (labels) {
    names.set(this, labels.service);
    return setDefaultLabels.call(this, labels);
  };
  Registry.prototype.registerMetric = function (metric) {
    seen.push({ service: names.get(this), metric });
    return registerMetric.call(this, metric);
  };
  Registry.prototype.removeSingleMetric = function (name) {
    const service = names.get(this);
    seen.splice(
      seen.findIndex((each) => each.service === service && each.metric.name === name),
      1,
    );
    return removeSingleMetric.call(this, name);
  };
  const stop = () =>
    Object.assign(Registry.prototype, { registerMetric, removeSingleMetric, setDefaultLabels });
  return { seen, stop };
};

const settingsOf = (directory) => {
  const table = defineSettings({ log: logSettings, gateway: gatewaySettings, console: consoleSettings });
  const read = readSettings(table, { KAIZEN_DATA_DIR: directory });
  if (read.type !== 'ok') throw new Error('the default settings are refused');
  return read.settings;
};

const openEach = async (directory, keep) => {
  const { log: choice, gateway, console: page } = settingsOf(directory);
  const logger = createLogger({
    service: 'metrics',
    level: 'silent',
    format: 'json',
    sink: { write: () => undefined },
  });
  const log = keep(await openLog(choice));
  const { groups } = choice;
  const store = keep(
    await openTraceStore({
      host,
      otlpPort: 0,
      queryPort: 0,
      dataDir: directory,
      retentionMs: 3_600_000,
      maxBytes: 64 * 1024 ** 2,
      maxSearchTraces: 100,
      processMetrics: true,
      logger,
    }),
  );
  keep(await openConsole({ ...page, consolePort: 0, logger }));
  keep(
    await openExporter({
      spans: (announcement) => log.spans({ group: groups.exporter, announcement }),
      spansTopic: 'spans',
      client: { endpoint: `${host}:${store.otlpPort}`, insecure: true },
      host,
      port: 0,
      logger,
      processMetrics: true,
    }),
  );
  keep(
    await openSpanAssembler({
      log,
      owner: { group: groups.assembler, topic: 'hook-events' },
      assembly: defaultSettings,
      http: { host, port: 0 },
      logger,
      processMetrics: true,
    }),
  );
  keep(
    await openGateway({
      ...gateway,
      host,
      port: 0,
      events: log.events,
      ping: () => log.ping(),
      operating: {
        log,
        assemblers: log.assemblers({ group: groups.assembler }),
        exporters: log.spans({ group: groups.exporter }),
      },
      logger,
      processMetrics: true,
    }),
  );
};

/**
 * Every metric: `name`, `type`, `help`, `labels`, and the `services` that have it, in the order of the services and of
 * their names.
 */
export const exposedMetrics = async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kaizen-metrics-'));
  const closers = [];
  const { seen, stop } = watchRegistries();
  try {
    await openEach(directory, (opened) => {
      closers.push(() => opened.close());
      return opened;
    });
  } finally {
    stop();
    for (const close of closers.reverse()) await close();
    rmSync(directory, { recursive: true, force: true });
  }
  const byName = new Map();
  for (const { service, metric } of seen) {
    const { name, help, labelNames, constructor } = metric;
    const known = byName.get(name);
    if (known !== undefined) known.services.push(service);
    else
      byName.set(name, {
        name,
        help,
        type: constructor.name.toLowerCase(),
        labels: [...labelNames],
        services: [service],
      });
  }
  const order = (metric) => services.indexOf(metric.services[0]);
  return [...byName.values()].sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
};
