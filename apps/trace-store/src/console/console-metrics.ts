import { createMetrics } from '@kaizen-trace/service-kit';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ForwardOutcome } from '../forwarding/passage.js';

/** The services that the console asks. */
export const asked = ['jaeger', 'gateway'] as const;

/** One of {@link asked}. */
export type Asked = (typeof asked)[number];

const outcomes: readonly ForwardOutcome[] = ['answered', 'away', 'late', 'refused', 'busy'];

/** What the console counts. */
export interface ConsoleMetrics {
  readonly registry: Registry;
  count(to: Asked, outcome: ForwardOutcome): void;
}

/** The console's metrics, in a registry of its own; `underWay` is asked when they are. */
export const consoleMetrics = (underWay: (to: Asked) => number, process: boolean): ConsoleMetrics => {
  const registry = createMetrics({ service: 'console', process });
  const requests = new Counter({
    name: 'kaizen_console_requests_total',
    help: 'Requests passed on to Jaeger or the gateway, by how that ended; `away` and `late` are theirs, `busy` and `refused` were not passed on',
    labelNames: ['to', 'outcome'],
    registers: [registry],
  });
  for (const to of asked) for (const outcome of outcomes) requests.inc({ to, outcome }, 0);
  new Gauge({
    name: 'kaizen_console_requests_under_way',
    help: 'Requests that Jaeger or the gateway is answering now, streams of events among them',
    labelNames: ['to'],
    registers: [registry],
    collect() {
      for (const to of asked) this.set({ to }, underWay(to));
    },
  });
  return { registry, count: (to, outcome) => requests.inc({ to, outcome }) };
};
