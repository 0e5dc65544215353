import type { LogConnection } from '@kaizen-trace/ports';

/** What an indicator sees now. The reason is shown to whoever may read `/readyz`; no secrets in it. */
export type Readiness = { readonly type: 'ready' } | { readonly type: 'not-ready'; readonly reason: string };

/** One thing without which the service cannot do its work. */
export interface ReadinessIndicator {
  readonly name: string;
  check(): Promise<Readiness> | Readiness;
}

/** The answer of `/readyz`. */
export interface ReadinessReport {
  readonly status: 'ready' | 'not-ready';
  readonly checks: Readonly<Record<string, Readiness>>;
}

/** How long an indicator may take, in milliseconds, before it counts as not ready. */
const patienceMs = 3_500;

const checkOne = async (indicator: ReadinessIndicator): Promise<Readiness> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(
      () => resolve({ type: 'not-ready', reason: `no answer within ${patienceMs} ms` }),
      patienceMs,
    );
  });
  try {
    return await Promise.race([Promise.resolve(indicator.check()), late]);
  } catch (error) {
    return { type: 'not-ready', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
};

/** Asks all indicators at once, each for a few seconds. Never throws. */
export const checkReadiness = async (indicators: readonly ReadinessIndicator[]): Promise<ReadinessReport> => {
  const checks = await Promise.all(
    indicators.map(async (indicator) => [indicator.name, await checkOne(indicator)] as const),
  );
  const ready = checks.every(([, { type }]) => type === 'ready');
  return { status: ready ? 'ready' : 'not-ready', checks: Object.fromEntries(checks) };
};

/** An indicator over the log connection's `ping`. */
export const logIndicator = (ping: () => ReturnType<LogConnection['ping']>): ReadinessIndicator => ({
  name: 'log',
  check: async () => {
    const outcome = await ping();
    return outcome.type === 'reachable'
      ? { type: 'ready' }
      : { type: 'not-ready', reason: `the event log cannot be reached: ${outcome.cause.message}` };
  },
});
