import { createRedactor, type Redactor } from '@kaizen-trace/redaction';
import type { HookContextInit } from '../hooks/hook-context.js';
import { HookResult } from '../hooks/hook-result.js';
import { cell, openShared, ring, sharedBytes, type Shared } from './cells.js';
import { eventLine, eventRow } from './event-line.js';
import { finishAtExit, needNotFinish } from './exit-flush.js';
import type { Intake, Obstacle } from './intake/intake.js';
import { openBuffer, type OpenedBuffer } from './open-buffer.js';
import type { CompiledOptions } from './options.js';
import { accepted, obviousFault, refusal, refused } from './outcomes.js';
import { Problems } from './problems.js';
import type { Publisher, PublisherStats, PublishOutcome, PublishRefusal } from './publisher.js';
import type { Destination } from './sender/job.js';
import { SenderThread } from './sender-thread.js';
import { statsOf } from './stats.js';
import { WaitingRoom, type Waited } from './waiting-room.js';
import { withoutBlocking } from './without-blocking.js';

/** Milliseconds for the sender to leave on its own terms, beyond the time that was given for the flush. */
const farewellMs = 2_000;
/** Milliseconds for which nothing lingers after a signal that others listen for: they may end the process, or not. */
const hasteMs = 5_000;

/** A publisher whatever it publishes to: the agent's thread makes a line and puts it in, another thread sends. */
export class AgentPublisher implements Publisher {
  readonly #options: CompiledOptions;
  readonly #shared: Shared;
  readonly #problems: Problems;
  readonly #buffer: OpenedBuffer;
  readonly #intake: Intake;
  readonly #thread: SenderThread;
  readonly #room: WaitingRoom;
  /** Only where lines go to disk at once: what is in memory is masked by the sender, before it leaves the process. */
  readonly #redactor: Redactor | undefined;
  readonly #rejected: Record<PublishRefusal, number> = {
    full: 0,
    'too-large': 0,
    invalid: 0,
    redaction: 0,
    unwritable: 0,
    closed: 0,
  };
  #accepted = 0;
  #blocked = 0;
  #closed: Promise<boolean> | undefined;
  /** The process has come to its end; the time until which it may be held up. */
  #finishBy: number | undefined;

  constructor(destination: Destination, options: CompiledOptions) {
    const shared = openShared(new SharedArrayBuffer(sharedBytes));
    this.#options = options;
    this.#shared = shared;
    this.#redactor = options.spool && createRedactor(options.redaction);
    this.#problems = new Problems(options.onProblem);
    this.#buffer = openBuffer(options, {
      shared,
      problems: this.#problems,
      onFolder: (folder) => this.#toFolder(folder),
    });
    this.#intake = this.#buffer.intake;
    this.#room = new WaitingRoom(shared.cells, {
      put: (line) => this.#put(line),
      maxLength: options.bufferBytes / 4,
    });
    this.#thread = new SenderThread(
      () => ({
        destination,
        shared: shared.cells.buffer,
        batch: options.batch,
        redaction: options.spool ? { enabled: false } : options.redaction,
        buffer: this.#buffer.forSender(),
      }),
      { shared, problems: this.#problems },
    );
    finishAtExit(this);
  }

  publish(event: HookContextInit): PublishOutcome | Promise<PublishOutcome> {
    if (this.#closed !== undefined) return this.#reject('closed');
    try {
      const line = this.#line(event);
      if (typeof line !== 'string') return line;
      if (this.#room.isBusy) return this.#wait(line);
      const outcome = this.#put(line);
      // Whoever still publishes at the very end has no other time to be heard.
      if (this.#finishBy !== undefined) this.finish(0);
      if (outcome === 'put') return accepted;
      return outcome === 'full' && this.#options.overflow === 'block'
        ? this.#wait(line)
        : this.#reject(outcome);
    } catch (error) {
      // The class alone: what was thrown is the agent's own, and may hold what must not be told.
      const { errorType = 'no error' } = HookResult.failed(error);
      return this.#rejectInvalid(refused('invalid', `the event could not be read: ${errorType} was thrown`));
    }
  }

  stats(): PublisherStats {
    return statsOf(this.#shared, {
      accepted: this.#accepted,
      blocked: this.#blocked,
      rejected: { ...this.#rejected },
      bufferedBytes: this.#intake.waitingBytes(),
      spooledBytes: this.#buffer.spooledBytes(),
      restarts: this.#thread.restarts,
      lastProblem: this.#problems.last,
    });
  }

  async flush(timeoutSeconds = 30): Promise<boolean> {
    const { cells } = this.#shared;
    const deadline = performance.now() + timeoutSeconds * 1000;
    const target = this.#accepted;
    this.#haste();
    try {
      for (;;) {
        const seen = Atomics.load(cells, cell.progress);
        if (this.#settled() >= target) return true;
        const ms = Math.ceil(deadline - performance.now());
        if (!(ms > 0)) return false;
        await withoutBlocking(cells, { index: cell.progress, seen, ms: Math.min(ms, 2 ** 31 - 1) });
      }
    } finally {
      Atomics.sub(cells, cell.flushing, 1);
    }
  }

  close(timeoutSeconds = 30): Promise<boolean> {
    this.#closed ??= this.#end(timeoutSeconds);
    return this.#closed;
  }

  /** As {@link Unfinished.hurry}. */
  hurry(): void {
    this.#haste();
    setTimeout(() => Atomics.sub(this.#shared.cells, cell.flushing, 1), hasteMs).unref();
  }

  /** As {@link Unfinished.finish}. */
  finish(since: number): void {
    const { cells } = this.#shared;
    this.#finishBy ??= since + this.#options.exitFlushMs;
    for (;;) {
      const seen = Atomics.load(cells, cell.progress);
      if (this.#settled() >= this.#accepted) return;
      const ms = this.#finishBy - performance.now();
      const isHopeless = Atomics.load(cells, cell.away) === 1 || !this.#thread.isRunning;
      if (isHopeless || ms <= 0) break;
      Atomics.wait(cells, cell.progress, seen, ms);
    }
    if (this.#options.overflow === 'spool') return;
    const left = this.#accepted - this.#settled();
    this.#problems.tell('lost', `${left} events could not be delivered before the process ended`);
  }

  async #end(timeoutSeconds: number): Promise<boolean> {
    const deadline = performance.now() + timeoutSeconds * 1000;
    await this.flush(timeoutSeconds);
    this.#room.close();
    this.#intake.close();
    // Who waited for room was let in meanwhile.
    const isDelivered = await this.flush((deadline - performance.now()) / 1000);
    await this.#thread.close(farewellMs);
    needNotFinish(this);
    return isDelivered;
  }

  #haste(): void {
    Atomics.add(this.#shared.cells, cell.flushing, 1);
    ring(this.#shared.cells, cell.bell);
  }

  /** Events that are done with, of those that were accepted. */
  #settled(): number {
    const { cells } = this.#shared;
    const put = Atomics.load(cells, cell.putEvents);
    const gone = Atomics.load(cells, cell.takenEvents) + Atomics.load(cells, cell.droppedEvents);
    return this.#accepted - ((put - gone) | 0);
  }

  #line(init: HookContextInit): string | PublishOutcome {
    let event = init;
    if (this.#options.redact !== undefined) {
      try {
        event = this.#options.redact(init);
      } catch {
        this.#problems.tell('redaction', refusal('redaction').message);
        return this.#reject('redaction');
      }
    }
    const fault = obviousFault(event.eventType, event.agentId);
    if (fault !== undefined) return this.#rejectInvalid(fault);
    return this.#redactor === undefined ? eventRow(event) : this.#redactor.json(eventLine(event));
  }

  #put(line: string): 'put' | Obstacle {
    const outcome = this.#intake.put(line);
    if (outcome === 'put') this.#accepted += 1;
    return outcome;
  }

  #wait(line: string): PublishOutcome | Promise<PublishOutcome> {
    const waiting = this.#room.enter(line, this.#options.blockTimeoutMs);
    if (waiting === undefined) return this.#reject('full');
    this.#blocked += 1;
    return waiting.then((waited) => (waited === 'put' ? accepted : this.#reject(waited)));
  }

  #reject(reason: Exclude<Waited, 'put'> | 'redaction'): PublishOutcome {
    this.#rejected[reason] += 1;
    const outcome = refusal(reason);
    if (reason === 'full') this.#problems.tell('full', outcome.message);
    return outcome;
  }

  #rejectInvalid(outcome: PublishOutcome & { readonly message: string }): PublishOutcome {
    this.#rejected.invalid += 1;
    this.#problems.tell('invalid', `an event was refused: ${outcome.message}`);
    return outcome;
  }

  #toFolder(folder: Parameters<SenderThread['tell']>[0] & { readonly type: 'folder' }): void {
    // The first folder is made before the thread is.
    (this.#thread as SenderThread | undefined)?.tell(folder);
  }
}
