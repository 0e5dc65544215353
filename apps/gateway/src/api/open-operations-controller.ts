import { readOpenQuery } from '@kaizen-trace/assembler-runtime';
import type { Logger } from '@kaizen-trace/service-kit';
import { duration } from '@kaizen-trace/settings';
import {
  BadRequestException,
  Controller,
  Get,
  Header,
  Inject,
  Query,
  ServiceUnavailableException,
} from '@nestjs/common';
import { gatherOpenOperations, type AssemblerGroup, type OpenOperationsAnswer } from './open-operations.js';

export interface OpenOperationsParts {
  readonly group: AssemblerGroup;
  readonly logger: Logger;
  /** How long one assembler is waited for, in milliseconds. */
  readonly timeoutMs: number;
}

export const openOperationsParts = Symbol('openOperationsParts');

/** A duration of a parameter in milliseconds, undefined where it is none. */
const milliseconds = (text: string): number | undefined => {
  const outcome = duration().parse(text);
  return outcome.type === 'parsed' ? outcome.value : undefined;
};

@Controller('api')
export class OpenOperationsController {
  readonly #parts: OpenOperationsParts;

  constructor(@Inject(openOperationsParts) parts: OpenOperationsParts) {
    this.#parts = parts;
  }

  /** What runs right now, before any span exists, across all assemblers. */
  @Get('open-operations')
  @Header('cache-control', 'no-store')
  async list(@Query() parameters: Readonly<Record<string, unknown>>): Promise<OpenOperationsAnswer> {
    const reading = readOpenQuery(parameters, { now: Date.now(), duration: milliseconds });
    if (reading.type === 'refused') throw new BadRequestException(`${reading.field} ${reading.reason}`);
    const { group, logger, timeoutMs } = this.#parts;
    try {
      return await gatherOpenOperations(group, reading.query, timeoutMs);
    } catch (error) {
      logger.warn({ err: error }, 'the group of the assemblers cannot be asked');
      throw new ServiceUnavailableException('the log cannot be reached; ask again later');
    }
  }
}
