import { setTimeout as wait } from 'node:timers/promises';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { credentials, Metadata } from '@grpc/grpc-js';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import type { ExportOutcome, OtlpClient, OtlpClientOptions, SpanBatcher } from '@kaizen-trace/otlp';
import { countSpans, createOtlpClient, createSpanBatcher, describeOtlpFailure } from '@kaizen-trace/otlp';
import { recordOf } from './record-of-span.js';
import type { SendOutcome, SpanSender } from './sender.js';
import { exporterSender } from './sender.js';

/** Where spans go over OTLP gRPC, and what their resource has besides its service. */
export interface OtlpSenderOptions extends OtlpClientOptions {
  readonly resourceAttributes: readonly Attribute[];
}

const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** How long trying again may take where somebody waits. */
const hurriedMs = 1_000;

const nothing: SendOutcome = { exported: 0, failed: 0 };

const joined = (outcomes: readonly SendOutcome[]): SendOutcome => {
  const problem = outcomes.find((outcome) => outcome.problem !== undefined)?.problem;
  return {
    exported: outcomes.reduce((sum, { exported }) => sum + exported, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    ...(problem === undefined ? {} : { problem }),
  };
};

const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));

const credentialsOf = ({ insecure, ca, clientKey, clientCert }: OtlpClientOptions): ChannelCredentials =>
  insecure ? credentials.createInsecure() : credentials.createSsl(pem(ca), pem(clientKey), pem(clientCert));

/** For spans that are not ours: OpenTelemetry's exporter knows all of what they may have. */
const foreignSender = (options: OtlpSenderOptions): SpanSender => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
  const exporter = new OTLPTraceExporter({
    url: `${options.insecure ? 'http' : 'https'}://${options.endpoint}`,
    credentials: credentialsOf(options),
    metadata,
    ...(options.timeoutMs === undefined ? {} : { timeoutMillis: options.timeoutMs }),
  });
  return exporterSender(exporter);
};

/**
 * Sends spans to an OTLP gRPC backend. Folded spans go as the very bytes that the event-sourced way would send: the exporter
 * of OpenTelemetry would write a whole-numbered `duration_ms` as an int, and gives a batch up when the backend is away for
 * a moment. Here a batch is tried again until its deadline where the OTLP specification allows it. Spans of other tracers
 * go by that exporter, to the same place.
 *
 * @throws Error where a header, or a PEM text, cannot be used.
 */
export class OtlpSender implements SpanSender {
  readonly #options: OtlpSenderOptions;
  readonly #client: OtlpClient;
  readonly #stop = new AbortController();
  #batcher: SpanBatcher;
  #foreign: SpanSender | undefined;
  #hurriedBy = 0;
  #hurriedSince = 0;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
    this.#client = createOtlpClient(options);
    this.#batcher = createSpanBatcher({ resourceAttributes: options.resourceAttributes });
    // One listener for each request that waits is no leak.
    this.#stop.signal.addEventListener('abort', () => undefined);
  }

  readonly send = async (spans: readonly ReadableSpan[], deadline: number): Promise<SendOutcome> => {
    // The batch may have become full within a call of the agent: encoding it waits until that is over.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return await this.#sendAll(spans, deadline);
    } catch (error) {
      const problem = `spans could not be encoded: ${error instanceof Error ? error.message : 'unknown'}`;
      return { exported: 0, failed: spans.length, problem };
    }
  };

  hurry(isHurried: boolean): void {
    if (isHurried && this.#hurriedBy === 0) this.#hurriedSince = Date.now();
    this.#hurriedBy += isHurried ? 1 : -1;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#client.close();
    await this.#foreign?.close();
  }

  async #sendAll(spans: readonly ReadableSpan[], deadline: number): Promise<SendOutcome> {
    const records: SpanRecord[] = [];
    const others: ReadableSpan[] = [];
    for (const span of spans) {
      const record = recordOf(span);
      if (record === undefined) others.push(span);
      else records.push(record);
    }
    const ours = this.#encoded(records).map((request) => this.#deliver(request, deadline));
    return joined(await Promise.all([...ours, this.#sendForeign(others, deadline)]));
  }

  #encoded(records: readonly SpanRecord[]): readonly Uint8Array[] {
    try {
      for (const record of records) this.#batcher.add(record);
      return this.#batcher.take();
    } catch (error) {
      // What was added counts as failed: it must not go with the next batch.
      const { resourceAttributes } = this.#options;
      this.#batcher = createSpanBatcher({ resourceAttributes });
      throw error;
    }
  }

  #sendForeign(spans: readonly ReadableSpan[], deadline: number): Promise<SendOutcome> {
    if (spans.length === 0) return Promise.resolve(nothing);
    this.#foreign ??= foreignSender(this.#options);
    return this.#foreign.send(spans, deadline);
  }

  async #deliver(request: Uint8Array, deadline: number): Promise<SendOutcome> {
    const spans = countSpans(request);
    const outcome = await this.#tryUntil(request, deadline);
    const rejected =
      outcome.type === 'accepted' ? 0 : outcome.type === 'partial' ? outcome.rejectedSpans : spans;
    const failed = Math.min(spans, rejected);
    const problem = describeOtlpFailure(outcome, this.#options.endpoint);
    return { exported: spans - failed, failed, ...(problem === undefined ? {} : { problem }) };
  }

  async #tryUntil(request: Uint8Array, deadline: number): Promise<ExportOutcome> {
    const { signal } = this.#stop;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const outcome = await this.#client.export(request, signal);
      if (outcome.type !== 'retryable' || signal.aborted) return outcome;
      const spread = pauseMs * (0.8 + 0.4 * Math.random());
      const again = Date.now() + Math.max(spread, outcome.retryAfterMs ?? 0);
      const last = this.#hurriedBy === 0 ? deadline : Math.min(deadline, this.#hurriedSince + hurriedMs);
      if (again >= last) return outcome;
      await this.#pauseUntil(again);
    }
  }

  /** Until then, or until somebody begins to wait; the process does not stay alive for it. */
  async #pauseUntil(time: number): Promise<void> {
    const stepMs = 100;
    const wasHurried = this.#hurriedBy > 0;
    try {
      while (Date.now() < time && this.#hurriedBy > 0 === wasHurried)
        await wait(Math.min(stepMs, Math.max(1, time - Date.now())), undefined, {
          signal: this.#stop.signal,
          ref: wasHurried,
        });
    } catch {
      // It was closed; the next attempt says so.
    }
  }
}
