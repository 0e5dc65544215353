import { runMain } from '@kaizen-trace/service-kit';
import { defineSettings, httpUrl, setting, text, traceStoreSettings } from '@kaizen-trace/settings';
import { openTraceStore } from './open-trace-store.js';

const settings = defineSettings({
  traceStore: traceStoreSettings,
  dataDir: setting({
    names: ['KAIZEN_DATA_DIR'],
    parser: text(),
    default: './data',
    about: 'Directory of the trace store; made where it is missing.',
  }),
  gatewayUrl: setting({
    names: ['KAIZEN_GATEWAY_URL'],
    parser: httpUrl,
    about: 'Gateway whose operating API the console shows. Unset: none.',
  }),
});

await runMain(
  {
    name: 'trace-store',
    settings,
    start: async ({ traceStore, dataDir, gatewayUrl }, logger) => {
      const store = await openTraceStore({ ...traceStore, dataDir, gatewayUrl, logger });
      const otlp = `${traceStore.host}:${store.otlpPort}`;
      logger.info({ query: store.queryUrl, otlp }, 'listening');
      return store;
    },
  },
  process,
);
