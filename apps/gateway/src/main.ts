import { openLog } from '@kaizen-trace/adapters';
import { runMain } from '@kaizen-trace/service-kit';
import {
  defineSettings,
  exportClientOptions,
  exportSettings,
  gatewaySettings,
  logSettings,
} from '@kaizen-trace/settings';
import { openRedriveBackend } from './api/open-backend.js';
import { openGateway } from './open-gateway.js';

const settings = defineSettings({ log: logSettings, gateway: gatewaySettings, backend: exportSettings });

await runMain(
  {
    name: 'gateway',
    settings,
    async start({ log, gateway, backend: exporting }, logger) {
      const connection = await openLog(log, { report: (level, message) => logger[level](message) });
      const backend = openRedriveBackend(exportClientOptions(exporting));
      try {
        const server = await openGateway({
          ...gateway,
          events: connection.events,
          ping: () => connection.ping(),
          operating: {
            log: connection,
            assemblers: connection.assemblers({ group: log.groups.assembler }),
            exporters: connection.spans({ group: log.groups.exporter }),
            sendSpans: backend.send,
          },
          logger,
        });
        logger.info({ url: `${server.url}/v1/events` }, 'taking events');
        return {
          async close() {
            await server.close();
            await backend.close();
            await connection.close();
          },
        };
      } catch (error) {
        await backend.close();
        await connection.close();
        throw error;
      }
    },
  },
  process,
);
