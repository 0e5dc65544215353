import { openLog } from '@kaizen-trace/adapters';
import { assemblyFrom } from '@kaizen-trace/assembler-runtime';
import { runMain } from '@kaizen-trace/service-kit';
import {
  assemblerHttpSettings,
  assemblerMemorySettings,
  assemblySettings,
  defineSettings,
  logSettings,
} from '@kaizen-trace/settings';
import { openSpanAssembler } from './open-span-assembler.js';

const settings = defineSettings({
  log: logSettings,
  assembly: assemblySettings,
  http: assemblerHttpSettings,
  memory: assemblerMemorySettings,
});

await runMain(
  {
    name: 'span-assembler',
    settings,
    start: async ({ log: logChoice, assembly, http, memory }, logger) => {
      const log = await openLog(logChoice, { report: (level, message) => logger[level](message) });
      const service = await openSpanAssembler({
        log,
        owner: { group: logChoice.groups.assembler, topic: `${logChoice.topicPrefix}hook-events` },
        assembly: assemblyFrom(assembly),
        ...(logChoice.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: logChoice.sessionTimeoutMs }),
        ...memory,
        http,
        logger,
        processMetrics: true,
      }).catch(async (error: unknown) => {
        await log.close();
        throw error;
      });
      logger.info({ url: service.url }, 'span-assembler is running');
      return {
        done: service.done,
        close: async () => {
          await service.close();
          await log.close();
        },
      };
    },
  },
  process,
);
