import { heldByCounts, openByCounts } from '@kaizen-trace/assembler-core';
import type { Assembler, PartitionStatus } from '@kaizen-trace/assembler-runtime';
import {
  assemblerStatusPath,
  type AssembledPartitionJson,
  type AssemblerStatusJson,
} from '@kaizen-trace/operating';
import { Controller, Get, Header, Inject, Module, type DynamicModule } from '@nestjs/common';
import type { OldestOpen } from './oldest-open.js';

export interface PartitionsOptions {
  /** Undefined before it has joined. */
  readonly assembler: () => Pick<Assembler, 'statuses' | 'rebalances'> | undefined;
  readonly oldestOpen: OldestOpen;
}

const partitionsOptions = Symbol('partitionsOptions');

/** Stream time is 0 before the first record. */
const isoOf = (time: number | undefined): string | null =>
  time === undefined || time === 0 ? null : new Date(time).toISOString();

const show = (status: PartitionStatus, oldest: number | undefined): AssembledPartitionJson => {
  const { partition, phase, nextOffset, committedOffset, streamTime, counts, restoring, problem } = status;
  const open = counts === undefined ? null : openByCounts(counts);
  return {
    partition,
    phase,
    next_offset: nextOffset === undefined ? null : String(nextOffset),
    committed_offset: committedOffset === undefined ? null : String(committedOffset),
    stream_time: isoOf(streamTime),
    open,
    held: counts === undefined ? null : heldByCounts(counts),
    // What was looked for some seconds ago may have ended meanwhile.
    oldest_open_at: open === 0 ? null : isoOf(oldest),
    counts: counts ?? null,
    restoring: restoring ?? null,
    problem: problem === undefined ? null : problem.message,
  };
};

@Controller()
class PartitionsController {
  readonly #options: PartitionsOptions;

  constructor(@Inject(partitionsOptions) options: PartitionsOptions) {
    this.#options = options;
  }

  /** What this assembler's partitions are at. */
  @Get(assemblerStatusPath)
  @Header('cache-control', 'no-store')
  list(): AssemblerStatusJson {
    const oldest = new Map(this.#options.oldestOpen.known().map((found) => [found.partition, found.oldest]));
    const assembler = this.#options.assembler();
    const held = [...(assembler?.statuses() ?? [])].sort((a, b) => a.partition - b.partition);
    return {
      rebalances: assembler?.rebalances() ?? 0,
      partitions: held.map((status) => show(status, oldest.get(status.partition))),
    };
  }
}

/** `GET /api/partitions` of one assembler. It asks for no key: it is for the gateway, on the host it listens on. */
@Module({})
export class PartitionsModule {
  static forRoot(options: PartitionsOptions): DynamicModule {
    return {
      module: PartitionsModule,
      controllers: [PartitionsController],
      providers: [{ provide: partitionsOptions, useValue: options }],
    };
  }
}
