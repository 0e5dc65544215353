import type { Logger } from '@kaizen-trace/service-kit';
import { Controller, Get, Header, Inject, Query, Res, ServiceUnavailableException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { EventStreams } from './live/event-streams.js';
import { followLook, streamTo } from './live/follow.js';
import { openQueryOf, type LiveOperationsViews } from './live-operations.js';
import { gatherOpenOperations, type AssemblerGroup, type OpenOperationsAnswer } from './open-operations.js';

export interface OpenOperationsParts {
  readonly group: AssemblerGroup;
  readonly logger: Logger;
  /** How long one assembler is waited for, in milliseconds. */
  readonly timeoutMs: number;
  readonly live: LiveOperationsViews;
  readonly streams: EventStreams;
}

export const openOperationsParts = Symbol('openOperationsParts');

const unreachable = 'the log cannot be reached; ask again later';

@Controller('api/open-operations')
export class OpenOperationsController {
  readonly #parts: OpenOperationsParts;

  constructor(@Inject(openOperationsParts) parts: OpenOperationsParts) {
    this.#parts = parts;
  }

  /** What runs right now, before any span exists, across all assemblers. */
  @Get()
  @Header('cache-control', 'no-store')
  async list(@Query() parameters: Readonly<Record<string, unknown>>): Promise<OpenOperationsAnswer> {
    const query = openQueryOf(parameters);
    const { group, logger, timeoutMs } = this.#parts;
    try {
      return await gatherOpenOperations(group, query, timeoutMs);
    } catch (error) {
      logger.warn({ err: error }, 'the group of the assemblers cannot be asked');
      throw new ServiceUnavailableException(unreachable);
    }
  }

  /** The first page of the same about once a second, as server-sent events. */
  @Get('events')
  follow(@Query() parameters: Readonly<Record<string, unknown>>, @Res() reply: FastifyReply): void {
    const { live, streams } = this.#parts;
    const view = live.viewOf(parameters);
    followLook(streamTo(streams, reply), view, () => unreachable);
  }
}
