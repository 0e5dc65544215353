import type { HookContext } from '@kaizen-trace/contracts';
import { deliver, type Outgoing, type Patience, type Rejection, type Sink } from '@kaizen-trace/sending';

/** How large batches become, and who is told of refused lines. */
export interface SenderOptions extends Patience {
  /** Most events in one batch. */
  readonly batchEvents: number;
  /** Bytes after which a batch is full. */
  readonly batchBytes: number;
  readonly onRejected: (rejection: Rejection) => void;
}

/** Why a sender gave up, and which lines it concerns. */
export interface SenderFailure {
  readonly reason: string;
  /** The first line that was not certainly taken. */
  readonly from: number;
  /** Whether lines from `from` to `to` may have been taken all the same. */
  readonly uncertain: boolean;
  readonly to: number;
}

/** Milliseconds to wait for company before a lone event is sent. */
const lingerMs = 10;

/**
 * Sends events in the order in which they are added: one batch on its way, one filling. So the order of each trace is
 * kept, a failure has one place, and memory is bounded by two batches.
 */
export class Sender<Payload> {
  readonly #sink: Sink<Payload>;
  readonly #options: SenderOptions;
  #filling: Outgoing<Payload>[] = [];
  #bytes = 0;
  #inFlight: Promise<void> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #acknowledged = 0;
  #refused = 0;
  #failure: SenderFailure | undefined;

  constructor(sink: Sink<Payload>, options: SenderOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Events that are durable in the log for certain. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Events that were refused, here or there. */
  get refused(): number {
    return this.#refused;
  }

  /** Set once and for all when a batch could not be delivered; nothing is sent after that. */
  get failure(): SenderFailure | undefined {
    return this.#failure;
  }

  /** Takes an event. Where it gives a promise, wait for it: there is no more room before. */
  add(line: number, event: HookContext): Promise<void> | undefined {
    const encoding = this.#sink.encode(event);
    if (encoding.type === 'refused') {
      this.reject({ line, field: encoding.field, reason: encoding.reason });
      return undefined;
    }
    this.#filling.push({ line, payload: encoding.payload, size: encoding.size });
    this.#bytes += encoding.size;
    if (this.#isFull()) return this.#makeRoom();
    if (this.#inFlight === undefined) this.#startSoon();
    return undefined;
  }

  /** Counts and reports a line that is refused. */
  reject(rejection: Rejection): void {
    this.#refused++;
    this.#options.onRejected(rejection);
  }

  /** Resolves when all that was added is taken, or sending has failed. */
  async finish(): Promise<void> {
    while (this.#failure === undefined && (this.#inFlight !== undefined || this.#filling.length > 0)) {
      this.#start();
      await this.#inFlight;
    }
    clearTimeout(this.#linger);
  }

  #isFull(): boolean {
    return this.#filling.length >= this.#options.batchEvents || this.#bytes >= this.#options.batchBytes;
  }

  async #makeRoom(): Promise<void> {
    while (this.#failure === undefined && this.#isFull()) {
      if (this.#inFlight === undefined) this.#start();
      else await this.#inFlight;
    }
  }

  #startSoon(): void {
    this.#linger ??= setTimeout(() => this.#start(), lingerMs);
  }

  #start(): void {
    if (this.#inFlight !== undefined || this.#failure !== undefined || this.#filling.length === 0) return;
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const batch = this.#filling;
    this.#filling = [];
    this.#bytes = 0;
    this.#inFlight = this.#send(batch);
  }

  async #send(batch: readonly Outgoing<Payload>[]): Promise<void> {
    const delivery = await deliver(this.#sink, batch, this.#options);
    for (const rejection of delivery.rejected) this.reject(rejection);
    if (delivery.type === 'taken') {
      this.#acknowledged += batch.length - delivery.rejected.length;
    } else {
      const { reason, from, uncertain } = delivery;
      const before = batch.filter(({ line }) => line < from).length;
      this.#acknowledged += before - delivery.rejected.length;
      this.#failure = { reason, from, uncertain, to: batch.at(-1)!.line };
    }
    this.#inFlight = undefined;
    if (this.#filling.length === 0) return;
    if (this.#isFull()) this.#start();
    else this.#startSoon();
  }
}
