import { setTimeout as sleep } from 'node:timers/promises';
import { ReplayRefusedError } from '@kaizen-trace/replay';
import type { Logger } from '@kaizen-trace/service-kit';
import {
  BadRequestException,
  ConflictException,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Req,
  Res,
  ServiceUnavailableException,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStreams } from '../live/event-streams.js';
import { streamTo } from '../live/follow.js';
import { OwnPagesGuard } from '../own-pages-guard.js';
import { readBody } from '../read-body.js';
import type { ReplayJson, ShownReplay } from './json.js';
import type { ReplayRun } from './replay-run.js';
import type { Replays } from './replays.js';
import { readReplayRequest } from './request.js';

export interface ReplaysParts {
  readonly replays: Replays;
  readonly streams: EventStreams;
  readonly logger: Logger;
}

export const replaysParts = Symbol('replaysParts');

/** How long an answer waits for a replay that was cancelled. */
const cancelMs = 5_000;
const eventsEveryMs = 500;

@Controller('api/replays')
@UseGuards(OwnPagesGuard)
export class ReplaysController {
  readonly #parts: ReplaysParts;

  constructor(@Inject(replaysParts) parts: ReplaysParts) {
    this.#parts = parts;
  }

  /** Begins a replay, where none is under way. */
  @Post()
  @HttpCode(202)
  async begin(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayJson> {
    const reading = readReplayRequest(await readBody(request, reply), Date.now());
    if (reading.type === 'refused') throw new BadRequestException(reading.reason);
    const begun = await this.#begin(reading.request);
    if (begun.type === 'busy') {
      const which =
        begun.run === undefined ? 'another replay is beginning' : `replay ${begun.run.id} is under way`;
      throw new ConflictException(`${which}: wait for its end, or cancel it`);
    }
    const { id, json } = { id: begun.run.id, json: begun.run.json() };
    this.#parts.logger.info({ replay: id, target: json.request.target }, 'replay begun');
    void begun.run.ended.then(() => {
      const { state, failure, progress } = begun.run.json();
      this.#parts.logger.info({ replay: id, state, failure, ...progress }, 'replay ended');
    });
    return json;
  }

  /** The last twenty, newest first. */
  @Get()
  @Header('cache-control', 'no-store')
  list(): { readonly replays: readonly ReplayJson[] } {
    return { replays: this.#parts.replays.all().map((run) => run.json()) };
  }

  /** One replay with what it listed. */
  @Get(':id')
  @Header('cache-control', 'no-store')
  show(@Param('id') id: string): ShownReplay {
    return this.#find(id).shown();
  }

  /** How far it is, twice a second, until it has ended. */
  @Get(':id/events')
  follow(@Param('id') id: string, @Res() reply: FastifyReply): void {
    const run = this.#find(id);
    const stream = streamTo(this.#parts.streams, reply);
    const tell = (): void => stream.send('snapshot', JSON.stringify(run.shown()));
    const timer = setInterval(tell, eventsEveryMs);
    stream.onClose(() => clearInterval(timer));
    tell();
    void run.ended.then(() => {
      tell();
      stream.end();
    });
  }

  /** Cancels a replay that is under way. */
  @Delete(':id')
  @HttpCode(200)
  async cancel(@Param('id') id: string): Promise<ReplayJson> {
    const run = this.#find(id);
    if (!run.isRunning) throw new ConflictException(`replay ${id} has ended`);
    run.cancel();
    await Promise.race([run.ended, sleep(cancelMs, undefined, { ref: false })]);
    return run.json();
  }

  async #begin(request: Parameters<Replays['begin']>[0]): ReturnType<Replays['begin']> {
    try {
      return await this.#parts.replays.begin(request);
    } catch (error) {
      if (error instanceof ReplayRefusedError) throw new BadRequestException(error.message);
      this.#parts.logger.warn({ err: error }, 'a replay cannot begin');
      // Errors of the log and of the state name the remedy themselves.
      const told = error instanceof Error && 'code' in error && String(error.code).startsWith('KAIZEN_');
      throw new ServiceUnavailableException(
        told ? error.message : 'the log cannot be reached; ask again later',
      );
    }
  }

  #find(id: string): ReplayRun {
    const run = this.#parts.replays.find(id);
    if (run === undefined)
      throw new NotFoundException(`no replay ${id}: the last twenty are kept while the gateway runs`);
    return run;
  }
}
