import { Counter, Gauge, type Registry } from 'prom-client';
import type { HookQueue } from './hook-queue.js';

const hookOutcomes = ['taken', 'not-understood', 'too-large', 'busy', 'aborted'] as const;
const eventOutcomes = ['appended', 'dropped', 'refused'] as const;

/** What became of one hook. All but the first are answered as if they had been taken. */
export type HookOutcome = (typeof hookOutcomes)[number];

/** What the gateway counts of hooks. Names are part of the dashboards: change them with those. */
export interface HookMetrics {
  hook(outcome: HookOutcome): void;
  events(outcome: 'appended' | 'dropped' | 'refused', count: number): void;
  /** Shows how much waits, from now on. */
  follow(queue: HookQueue): void;
}

/** The series of hooks, in the gateway's registry. */
export const createHookMetrics = (registry: Registry): HookMetrics => {
  const registers = [registry];
  const hooks = new Counter({
    name: 'kaizen_gateway_hooks_total',
    help: 'Hooks of agents by outcome; those that were not taken were answered all the same',
    labelNames: ['outcome'],
    registers,
  });
  const events = new Counter({
    name: 'kaizen_gateway_hook_events_total',
    help: 'Events made of hooks by outcome: appended ones are durable, dropped ones had no room while the log was away',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of hookOutcomes) hooks.inc({ outcome }, 0);
  for (const outcome of eventOutcomes) events.inc({ outcome }, 0);
  return {
    hook: (outcome) => hooks.inc({ outcome }),
    events: (outcome, count) => events.inc({ outcome }, count),
    follow(queue) {
      new Gauge({
        name: 'kaizen_gateway_hook_queue_bytes',
        help: 'Bytes of events made of hooks that wait for the log',
        registers,
        collect() {
          this.set(queue.waiting().bytes);
        },
      });
    },
  };
};
