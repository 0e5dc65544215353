import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { EventStreams } from '../live/event-streams.js';
import { followLook, streamTo } from '../live/follow.js';
import type { SharedLook } from '../live/shared-look.js';
import type { PipelineJson } from './json.js';

export interface PipelineParts {
  readonly look: SharedLook<PipelineJson>;
  readonly streams: EventStreams;
}

export const pipelineParts = Symbol('pipelineParts');

/** Looks that come sooner share one. */
const freshMs = 500;

@Controller('api/pipeline')
export class PipelineController {
  readonly #parts: PipelineParts;

  constructor(@Inject(pipelineParts) parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Everything between the event log and the backend, as it is now. */
  @Get()
  @Header('cache-control', 'no-store')
  show(): Promise<PipelineJson> {
    return this.#parts.look.latest(freshMs);
  }

  /** The same about once a second, as server-sent events. */
  @Get('events')
  follow(@Res() reply: FastifyReply): void {
    const { look, streams } = this.#parts;
    followLook(streamTo(streams, reply), look, String);
  }
}
