import { unreachable } from '@kaizen-trace/contracts';
import { showCursor } from '@kaizen-trace/assembler-runtime';
import type { Logger } from '@kaizen-trace/service-kit';
import {
  BadRequestException,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  Res,
  ServiceUnavailableException,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OwnPagesGuard } from '../own-pages-guard.js';
import { readBody } from '../read-body.js';
import { letterToJson, type LetterJson } from './letter.js';
import { readNewest } from './read-newest.js';
import { redrive, type RedriveParts } from './redrive.js';
import type { RedriveReport } from './redrive-report.js';
import { readListQuery, readRedriveRequest, type Reading } from './request.js';
import { showLetter, type ShownLetter } from './show-letter.js';

export interface DeadLettersParts extends RedriveParts {
  readonly logger: Logger;
}

export const deadLettersParts = Symbol('deadLettersParts');

interface LetterList {
  /** Newest first. */
  readonly letters: readonly LetterJson[];
  /** Set while older letters may be left: a page may end early, even empty, where few letters fit. */
  readonly next_cursor: string | null;
}

const budget = { letters: 20_000, milliseconds: 10_000 };

const valueOf = <T>(reading: Reading<T>): T => {
  switch (reading.type) {
    case 'read':
      return reading.value;
    case 'refused':
      throw new BadRequestException(reading.reason);
    default:
      return unreachable(reading);
  }
};

@Controller('api/dead-letters')
@UseGuards(OwnPagesGuard)
export class DeadLettersController {
  readonly #parts: DeadLettersParts;

  constructor(@Inject(deadLettersParts) parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** Newest first, with why and from where. */
  @Get()
  @Header('cache-control', 'no-store')
  async list(@Query() parameters: Readonly<Record<string, unknown>>): Promise<LetterList> {
    const query = valueOf(readListQuery(parameters));
    const { log, index } = this.#parts;
    const page = await this.#reaching(() => readNewest({ log: log.deadLetters, index }, query, budget));
    return {
      letters: page.letters.map(({ letter, redriven }) => letterToJson(letter, redriven)),
      next_cursor: page.next === undefined ? null : showCursor('newest', page.next),
    };
  }

  /** One letter with its original key, bytes and headers. */
  @Get(':partition/:offset')
  @Header('cache-control', 'no-store')
  async show(@Param('partition') partition: string, @Param('offset') at: string): Promise<ShownLetter> {
    if (!/^\d{1,9}$/.test(partition) || !/^\d{1,19}$/.test(at))
      throw new BadRequestException('name a letter as partition and offset, both whole numbers');
    const { log, index } = this.#parts;
    const source = { log: log.deadLetters, index };
    const shown = await this.#reaching(() => showLetter(source, Number(partition), BigInt(at)));
    if (shown === undefined)
      throw new NotFoundException(`no dead letter at ${partition}/${at}, or none any more`);
    return shown;
  }

  /** Brings letters back; 503 where it ended early, with what was done. */
  @Post('redrive')
  @HttpCode(200)
  async redrive(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RedriveReport> {
    const wanted = valueOf(readRedriveRequest(await readBody(request, reply)));
    const report = await redrive(this.#parts, wanted);
    const { dry_run: dryRun, redriven, refused, failure } = report;
    this.#parts.logger.info({ dryRun, ...redriven, refused, failure }, 'dead letters redriven');
    if (failure !== null) throw new ServiceUnavailableException(report);
    return report;
  }

  async #reaching<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the dead letters cannot be read');
      throw new ServiceUnavailableException('the log cannot be reached; ask again later');
    }
  }
}
