import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedLog, type EmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { defaultSettings, type AssemblySettings } from '@kaizen-trace/assembler-core';
import { millis } from '@kaizen-trace/contracts';
import { createLogger } from '@kaizen-trace/service-kit';
import { openSpanAssembler, type SpanAssembler } from '@kaizen-trace/span-assembler';
import { eventually } from '@kaizen-trace/testkit';

/** An embedded log of one partition, kept for ever, whose clock is moved by hand, and assembler services over it. */
export interface EmbeddedPipeline {
  /** What the log stamps appends with, in milliseconds since the epoch. */
  readonly clock: { now: number };
  /** A connection that appends and looks on. */
  readonly log: EmbeddedLog;
  /** Variables with which the command line finds the log. */
  readonly settings: Readonly<Record<string, string>>;
  /** Starts an assembler on a connection of its own. */
  start(): Promise<RunningAssembler>;
  /** Closes everything and removes the log. */
  close(): Promise<void>;
}

/** One assembler service of an embedded pipeline. */
export interface RunningAssembler {
  /** Waits until it has committed the whole log. */
  caughtUp(): Promise<void>;
  /** Leaves its log as kill -9 would. */
  crash(): Promise<void>;
}

const logger = createLogger({
  service: 'spec',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});
const owner = { group: 'kaizen-assembler', topic: 'kaizen.hook-events' };

const startOn = async (
  log: EmbeddedLog,
  settings: Partial<AssemblySettings>,
): Promise<RunningAssembler & { readonly assembler: SpanAssembler }> => {
  const assembler = await openSpanAssembler({
    log,
    owner,
    assembly: { ...defaultSettings, ...settings },
    sessionTimeoutMs: 500,
    http: { host: '127.0.0.1', port: 0 },
    logger,
    processMetrics: false,
  });
  return {
    assembler,
    caughtUp: () =>
      eventually('the whole log is committed', 20_000, async () => {
        const { end } = await log.events.bounds(0);
        return assembler.statuses()[0]?.committedOffset === end;
      }),
    crash: async () => {
      await log.abandon();
      await assembler.close();
    },
  };
};

/** Opens a log whose clock stands at `now`; no assembler runs yet. */
export const openEmbeddedPipeline = async (
  now: number,
  settings: Partial<AssemblySettings> = {},
): Promise<EmbeddedPipeline> => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-pipeline-'));
  const clock = { now };
  const connect = (): Promise<EmbeddedLog> =>
    openEmbeddedLog({ directory, partitions: 1, retentionMs: 1e14, now: () => millis(clock.now) });
  const log = await connect();
  const closers: (() => Promise<void>)[] = [];
  return {
    clock,
    log,
    settings: { KAIZEN_DATA_DIR: directory, KAIZEN_LOG_RETENTION: 'forever' },
    start: async () => {
      const own = await connect();
      const { assembler, ...running } = await startOn(own, settings);
      closers.push(async () => {
        await assembler.close();
        await own.close();
      });
      return running;
    },
    close: async () => {
      for (const close of closers.splice(0).reverse()) await close();
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
