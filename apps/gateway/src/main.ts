import { openLog } from '@kaizen-trace/adapters';
import { runMain } from '@kaizen-trace/service-kit';
import { defineSettings, gatewaySettings, logSettings } from '@kaizen-trace/settings';
import { openGateway } from './open-gateway.js';

const settings = defineSettings({ log: logSettings, gateway: gatewaySettings });

await runMain(
  {
    name: 'gateway',
    settings,
    async start({ log, gateway }, logger) {
      const connection = await openLog(log, { report: (level, message) => logger[level](message) });
      try {
        const server = await openGateway({
          ...gateway,
          events: connection.events,
          ping: () => connection.ping(),
          logger,
        });
        logger.info({ url: `${server.url}/v1/events` }, 'taking events');
        return {
          async close() {
            await server.close();
            await connection.close();
          },
        };
      } catch (error) {
        await connection.close();
        throw error;
      }
    },
  },
  process,
);
