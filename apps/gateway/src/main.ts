import { openLog } from '@kaizen-trace/adapters';
import { assemblyFrom } from '@kaizen-trace/assembler-runtime';
import { runMain } from '@kaizen-trace/service-kit';
import {
  assemblySettings,
  defineSettings,
  exportClientOptions,
  exportSettings,
  gatewaySettings,
  logSettings,
} from '@kaizen-trace/settings';
import { openRedriveBackend } from './api/open-backend.js';
import { openGateway } from './open-gateway.js';

const settings = defineSettings({
  log: logSettings,
  gateway: gatewaySettings,
  backend: exportSettings,
  // Replays fold a partition that no assembler has folded yet as these say.
  assembly: assemblySettings,
});

await runMain(
  {
    name: 'gateway',
    settings,
    async start({ log, gateway, backend: exporting, assembly }, logger) {
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
            replay: {
              owner: { group: log.groups.assembler, topic: `${log.topicPrefix}hook-events` },
              configured: assemblyFrom(assembly),
              backend: exportClientOptions(exporting),
            },
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
