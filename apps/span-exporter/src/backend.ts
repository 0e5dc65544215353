import { describeOtlpFailure, type ExportOutcome, type OtlpClient } from '@kaizen-trace/otlp';
import type { Logger, Readiness } from '@kaizen-trace/service-kit';
import type { ExporterMetrics } from './exporter-metrics.js';
import { createPermits } from './permits.js';

/** What the last answers say of a backend. */
export interface BackendStatus {
  /** Undefined before the first answer. */
  readonly up: boolean | undefined;
  /** Since when it takes no spans, in milliseconds since the epoch. */
  readonly awaySince: number | undefined;
  /** Why it takes none. */
  readonly problem: string | undefined;
}

/** The one place through which spans leave: bounded, measured, and watched. */
export interface Backend {
  /** One attempt. Waits while too many are under way. Never rejects. */
  send(request: Uint8Array, signal: AbortSignal): Promise<ExportOutcome>;
  /** Whether it takes spans now. Asks it with an empty request where nothing was heard of it for five seconds. */
  check(): Promise<Readiness>;
  /** What is known of it now, without asking. */
  status(): BackendStatus;
  /** Gives up the channel; what comes of that is no news about the backend. */
  close(): void;
}

/** What the backend is reached by, and how many exports may be under way. */
export interface BackendOptions {
  readonly client: OtlpClient;
  readonly endpoint: string;
  readonly metrics: ExporterMetrics;
  readonly logger: Logger;
  /** Exports under way at once, over all partitions. */
  readonly maxConcurrent: number;
}

/** An answer that tells about us or our settings, not about the spans: they wait, however long it takes. */
export const isMisconfigured = (outcome: ExportOutcome): boolean =>
  outcome.type === 'refused' &&
  (outcome.code === 'UNAUTHENTICATED' ||
    outcome.code === 'PERMISSION_DENIED' ||
    outcome.code === 'UNIMPLEMENTED');

/** How often a failure that goes on is logged again. */
const repeatMs = 30_000;
const freshMs = 5_000;

/** Watches the answers of a backend, and lets at most `maxConcurrent` requests through at a time. */
export const watchBackend = (options: BackendOptions): Backend => {
  const { client, metrics } = options;
  const permits = createPermits(options.maxConcurrent);
  const state = createState(options);
  let probe: Promise<ExportOutcome> | undefined;
  let closed = false;

  const attempt = async (request: Uint8Array, signal?: AbortSignal): Promise<ExportOutcome> => {
    metrics.inFlight.inc();
    const startedAt = performance.now();
    const outcome = await client.export(request, signal);
    metrics.inFlight.dec();
    metrics.backendSeconds.observe((performance.now() - startedAt) / 1000);
    if (signal?.aborted !== true && !closed) state.observe(outcome);
    return outcome;
  };

  return {
    async send(request, signal) {
      const release = await permits.take();
      try {
        return await attempt(request, signal);
      } finally {
        release();
      }
    },
    async check() {
      const known = state.fresh();
      if (known !== undefined) return readinessOf(known, options.endpoint);
      probe ??= attempt(new Uint8Array(0)).finally(() => {
        probe = undefined;
      });
      return readinessOf(await probe, options.endpoint);
    },
    status: () => state.status(),
    close() {
      closed = true;
      client.close();
    },
  };
};

const isUp = (outcome: ExportOutcome): boolean =>
  outcome.type === 'retryable' ? outcome.retryAfterMs !== undefined : !isMisconfigured(outcome);

const readinessOf = (outcome: ExportOutcome, endpoint: string): Readiness =>
  isUp(outcome)
    ? { type: 'ready' }
    : { type: 'not-ready', reason: describeOtlpFailure(outcome, endpoint) ?? 'the backend takes no spans' };

const createState = ({ endpoint, metrics, logger }: BackendOptions) => {
  let last: { readonly outcome: ExportOutcome; readonly at: number } | undefined;
  let down: { readonly since: number; loggedAt: number } | undefined;

  const complain = (outcome: ExportOutcome, now: number): void => {
    if (down !== undefined && now - down.loggedAt < repeatMs) return;
    down ??= { since: now, loggedAt: now };
    down.loggedAt = now;
    const why = describeOtlpFailure(outcome, endpoint) ?? '';
    const awaySeconds = Math.round((now - down.since) / 1000);
    if (isMisconfigured(outcome)) logger.error({ awaySeconds }, `no spans leave until this is fixed: ${why}`);
    else logger.warn({ awaySeconds }, `the backend is away, spans wait in the log: ${why}`);
  };

  return {
    observe(outcome: ExportOutcome): void {
      const now = performance.now();
      last = { outcome, at: now };
      metrics.backendUp.set(isUp(outcome) ? 1 : 0);
      if (!isUp(outcome)) {
        complain(outcome, now);
        return;
      }
      if (down === undefined) return;
      logger.info({ awaySeconds: Math.round((now - down.since) / 1000) }, 'the backend takes spans again');
      down = undefined;
    },
    /** The last answer, where it is young enough to say something about now. */
    fresh: (): ExportOutcome | undefined =>
      last !== undefined && performance.now() - last.at < freshMs ? last.outcome : undefined,
    status: (): BackendStatus => {
      if (down === undefined) return { up: last && true, awaySince: undefined, problem: undefined };
      const problem = last === undefined ? undefined : describeOtlpFailure(last.outcome, endpoint);
      return { up: false, awaySince: Date.now() - (performance.now() - down.since), problem };
    },
  };
};
