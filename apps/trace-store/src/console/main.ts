import { runMain } from '@kaizen-trace/service-kit';
import { consoleSettings, defineSettings } from '@kaizen-trace/settings';
import { openConsole } from './open-console.js';

await runMain(
  {
    name: 'console',
    settings: defineSettings({ console: consoleSettings }),
    start: async ({ console: settings }, logger) => {
      const running = await openConsole({ ...settings, logger });
      const { jaegerUrl: jaeger, gatewayUrl: gateway } = settings;
      logger.info({ url: running.url, jaeger, gateway }, 'listening');
      return running;
    },
  },
  process,
);
