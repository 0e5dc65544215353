import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { type EmbeddedLog, openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import { millis } from '@kaizen-trace/contracts';
import { partitionOf } from '@kaizen-trace/ports';
import { acceptSpans, type OtlpAnswer, type OtlpBackend, startOtlpBackend } from '@kaizen-trace/testkit';
import { appendEvents, assembleAll, loopOf, requestsInFile, spansInRequests, spansOn } from './folded-log.js';
import { run, type RunOptions, type RunResult } from './run-cli.js';

export const partitions = 3;
export const owner = { group: 'kaizen-assembler', topic: 'kaizen.hook-events' };
/** Where the log's clock stands when a test begins. */
export const beginning = 1_763_600_000_000;

/** A trace id whose partition is known: 0, 1 or 2. */
export const onPartition = (partition: number, name: string): string => {
  for (let nth = 0; ; nth += 1) {
    const id = `${name}-${nth}`;
    if (partitionOf(Buffer.from(id), partitions) === partition) return id;
  }
};

/** The lines of a list. */
export const linesOf = (text: string, kind: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith(kind));

/** An embedded log of the running test, whose clock is moved by hand, and the command line over it. */
export class ReplayFixture {
  log!: EmbeddedLog;
  now = beginning;
  #folder = '';
  readonly #backends: OtlpBackend[] = [];

  async open(): Promise<void> {
    this.now = beginning;
    this.#folder = await mkdtemp(join(tmpdir(), 'kaizen-replay-'));
    const directory = this.path('data');
    this.log = await openEmbeddedLog({
      directory,
      partitions,
      now: () => millis(this.now),
      retentionMs: 1e14,
    });
  }

  async close(): Promise<void> {
    for (const backend of this.#backends.splice(0)) backend.stop();
    await this.log.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  files(): Promise<readonly string[]> {
    return readdir(this.#folder);
  }

  replay(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const env = {
      KAIZEN_DATA_DIR: this.path('data'),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      ...options.env,
    };
    return run(['replay', '--resume-file', this.path('resume.json'), ...args], { ...options, env });
  }

  async backend(answer: OtlpAnswer = acceptSpans): Promise<OtlpBackend> {
    const started = await startOtlpBackend(answer);
    this.#backends.push(started);
    return started;
  }

  /** What the assembler put on the span log. */
  live(): Promise<readonly string[]> {
    return spansOn(this.log.spans({ group: 'look' }));
  }

  async inFile(name: string): Promise<readonly string[]> {
    return [...spansInRequests(requestsInFile(await readFile(this.path(name))))].sort();
  }

  /** Ten traces, one of them of another service, one left open: 72 spans. */
  async fill(settings: Partial<AssemblySettings> = {}): Promise<void> {
    for (let nth = 0; nth < 8; nth += 1) await appendEvents(this.log, loopOf(`trace-${nth}`, 3));
    await appendEvents(this.log, loopOf('shop', 2, 'checkout'));
    await appendEvents(this.log, loopOf('left', 1).slice(0, 3));
    await assembleAll(this.log, { ...owner, settings });
  }
}

/** Opens a fixture before each test, and closes it after. */
export const replayFixture = (): ReplayFixture => {
  const fixture = new ReplayFixture();
  beforeEach(() => fixture.open());
  afterEach(() => fixture.close());
  return fixture;
};
