import { openLog } from '@kaizen-trace/adapters';
import { logIndicator, runMain, type Logger, type RunningService } from '@kaizen-trace/service-kit';
import {
  defineSettings,
  exportClientOptions,
  exporterHttpSettings,
  exportSettings,
  logSettings,
} from '@kaizen-trace/settings';
import type { SettingsOf } from '@kaizen-trace/settings';
import { openExporter } from './open-exporter.js';

const entries = { log: logSettings, backend: exportSettings, http: exporterHttpSettings };

const start = async (settings: SettingsOf<typeof entries>, logger: Logger): Promise<RunningService> => {
  const log = await openLog(settings.log, { report: (level, message) => logger[level](message) });
  try {
    const { groups, sessionTimeoutMs } = settings.log;
    const session = sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs };
    const exporter = await openExporter({
      spans: (announcement) => log.spans({ group: groups.exporter, announcement, ...session }),
      spansTopic: `${settings.log.topicPrefix}spans`,
      client: exportClientOptions(settings.backend),
      logger,
      ...settings.http,
      indicators: [logIndicator(() => log.ping())],
      processMetrics: true,
    });
    const { host, port } = settings.backend;
    logger.info({ url: exporter.url, backend: `${host}:${port}` }, 'exporting the span log');
    return {
      done: exporter.done,
      async close() {
        await exporter.close();
        await log.close();
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
};

await runMain({ name: 'span-exporter', settings: defineSettings(entries), start }, process);
