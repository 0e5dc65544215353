import { collectDefaultMetrics, Registry } from 'prom-client';

/** Whose metrics they are. */
export interface MetricsOptions {
  /** Stands on every sample as the label `service`. */
  readonly service: string;
  /** Whether to collect the process's own metrics (memory, CPU, event loop); once a process is enough. */
  readonly process: boolean;
}

/** A registry of the service's own, never the global one: several services may live in one process. */
export const createMetrics = ({ service, process }: MetricsOptions): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (process) collectDefaultMetrics({ register: registry });
  return registry;
};
