import type { LogConnection, SpanLog } from '@kaizen-trace/ports';
import type { Logger } from '@kaizen-trace/service-kit';
import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import {
  DeadLettersController,
  deadLettersParts,
  type DeadLettersParts,
} from './dead-letters/dead-letters-controller.js';
import type { SendSpans } from './dead-letters/redrive.js';
import { createRedrivenIndex } from './dead-letters/redriven-index.js';
import { createEventStreams } from './live/event-streams.js';
import { shareLook } from './live/shared-look.js';
import { openLiveOperations } from './live-operations.js';
import type { AssemblerGroup } from './open-operations.js';
import {
  OpenOperationsController,
  openOperationsParts,
  type OpenOperationsParts,
} from './open-operations-controller.js';
import { gatherPipeline } from './pipeline/gather-pipeline.js';
import { createLetterCounts } from './pipeline/letter-counts.js';
import { PipelineController, pipelineParts, type PipelineParts } from './pipeline/pipeline-controller.js';
import { createRates } from './pipeline/rates.js';
import type { ReplaySource } from './replays/replay-run.js';
import { ReplaysController, replaysParts, type ReplaysParts } from './replays/replays-controller.js';
import { openReplays } from './replays/replays.js';

/** What the operating API looks at. */
export interface OperatingApiOptions {
  readonly log: Pick<LogConnection, 'deadLetters' | 'events' | 'state'>;
  /** The group of the assemblers. */
  readonly assemblers: AssemblerGroup;
  /** The span log, as the group of the exporters reads it. */
  readonly exporters: Omit<SpanLog, 'join'>;
  /** What replays fold with, and where their spans go. */
  readonly replay: Pick<ReplaySource, 'owner' | 'configured' | 'backend'>;
  /** Sends a dead letter's spans to the backend once more; without it such letters stay. */
  readonly sendSpans?: SendSpans | undefined;
  /** How long one assembler or exporter is waited for, in milliseconds; 3,000 by default. */
  readonly assemblerTimeoutMs?: number;
  /** Clients that may listen to events at a time; 200 by default. */
  readonly maxListeners?: number;
}

const closing = Symbol('closing');

/** What goes on until the service stops. */
class LiveViews implements OnModuleDestroy {
  readonly #close: () => void;

  constructor(@Inject(closing) close: () => void) {
    this.#close = close;
  }

  onModuleDestroy(): void {
    this.#close();
  }
}

const pipelineOf = (options: OperatingApiOptions, timeoutMs: number): PipelineParts['look'] => {
  const { log, assemblers, exporters: spans } = options;
  const source = { log, assemblers, spans, timeoutMs };
  const [letters, rates] = [createLetterCounts(log.deadLetters), createRates()];
  return shareLook(() => gatherPipeline({ ...source, letters, rates }), { everyMs: 1_000 });
};

/** The operating API, under `/api`. */
@Module({})
export class OperatingApiModule {
  static forRoot(options: OperatingApiOptions, logger: Logger): DynamicModule {
    const { log, assemblers, sendSpans, assemblerTimeoutMs: timeoutMs = 3_000 } = options;
    const streams = createEventStreams({ limit: options.maxListeners ?? 200 });
    const live = openLiveOperations(assemblers, timeoutMs);
    const look = pipelineOf(options, timeoutMs);
    const open: OpenOperationsParts = { group: assemblers, logger, timeoutMs, live, streams };
    const pipeline: PipelineParts = { look, streams };
    const letters: DeadLettersParts = { log, index: createRedrivenIndex(log.deadLetters), sendSpans, logger };
    const replays = openReplays({ log, spans: options.exporters, ...options.replay });
    const replaying: ReplaysParts = { replays, streams, logger };
    const close = (): void => {
      replays.close();
      live.close();
      look.close();
      streams.close();
    };
    return {
      module: OperatingApiModule,
      controllers: [OpenOperationsController, PipelineController, DeadLettersController, ReplaysController],
      providers: [
        LiveViews,
        { provide: closing, useValue: close },
        { provide: openOperationsParts, useValue: open },
        { provide: pipelineParts, useValue: pipeline },
        { provide: deadLettersParts, useValue: letters },
        { provide: replaysParts, useValue: replaying },
      ],
    };
  }
}
