import type { LogConnection } from '@kaizen-trace/ports';
import type { Logger } from '@kaizen-trace/service-kit';
import { Module, type DynamicModule } from '@nestjs/common';
import {
  DeadLettersController,
  deadLettersParts,
  type DeadLettersParts,
} from './dead-letters/dead-letters-controller.js';
import type { SendSpans } from './dead-letters/redrive.js';
import { createRedrivenIndex } from './dead-letters/redriven-index.js';
import type { AssemblerGroup } from './open-operations.js';
import {
  OpenOperationsController,
  openOperationsParts,
  type OpenOperationsParts,
} from './open-operations-controller.js';

/** What the operating API looks at. */
export interface OperatingApiOptions {
  readonly log: Pick<LogConnection, 'deadLetters' | 'events'>;
  /** The group of the assemblers. */
  readonly assemblers: AssemblerGroup;
  /** Sends a dead letter's spans to the backend once more; without it such letters stay. */
  readonly sendSpans?: SendSpans | undefined;
  /** How long one assembler is waited for, in milliseconds; 3,000 by default. */
  readonly assemblerTimeoutMs?: number;
}

/** `/api/open-operations` and `/api/dead-letters`. */
@Module({})
export class OperatingApiModule {
  static forRoot(options: OperatingApiOptions, logger: Logger): DynamicModule {
    const { log, assemblers, sendSpans, assemblerTimeoutMs = 3_000 } = options;
    const open: OpenOperationsParts = { group: assemblers, logger, timeoutMs: assemblerTimeoutMs };
    const letters: DeadLettersParts = { log, index: createRedrivenIndex(log.deadLetters), sendSpans, logger };
    return {
      module: OperatingApiModule,
      controllers: [OpenOperationsController, DeadLettersController],
      providers: [
        { provide: openOperationsParts, useValue: open },
        { provide: deadLettersParts, useValue: letters },
      ],
    };
  }
}
