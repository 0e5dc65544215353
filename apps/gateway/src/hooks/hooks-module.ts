import { Module, type DynamicModule } from '@nestjs/common';
import type { EventLog } from '@kaizen-trace/ports';
import type { Logger } from '@kaizen-trace/service-kit';
import { openHookIntake, type HookIntakeOptions } from './hook-intake.js';
import type { HookMetrics } from './hook-metrics.js';
import { openHookQueue } from './hook-queue.js';
import { HooksController, hooksParts, type HooksParts } from './hooks-controller.js';

export interface HooksModuleOptions {
  readonly events: Pick<EventLog, 'append'>;
  readonly intake: HookIntakeOptions;
  readonly maxQueuedBytes: number;
  readonly metrics: HookMetrics;
  readonly logger: Logger;
}

/** `/v1/hooks/…`. Appends what waits when the application stops; the log is still open then. */
@Module({})
export class HooksModule {
  static forRoot({ events, intake, maxQueuedBytes, metrics, logger }: HooksModuleOptions): DynamicModule {
    let isAway = false;
    const queue = openHookQueue({
      events,
      maxBytes: maxQueuedBytes,
      report: {
        appended(records) {
          metrics.events('appended', records);
          if (isAway) logger.info('the event log takes hooks again');
          isAway = false;
        },
        dropped: (records) => metrics.events('dropped', records),
        refused(reason) {
          metrics.events('refused', 1);
          logger.warn({ reason }, 'the event log refused an event made of a hook');
        },
        unavailable(cause) {
          if (!isAway) logger.warn({ err: cause }, 'the event log took nothing; hooks wait for it');
          isAway = true;
        },
      },
    });
    metrics.follow(queue);
    const parts: HooksParts = { intake: openHookIntake(intake), queue, metrics, logger };
    return {
      module: HooksModule,
      controllers: [HooksController],
      providers: [{ provide: hooksParts, useValue: parts }],
    };
  }
}
