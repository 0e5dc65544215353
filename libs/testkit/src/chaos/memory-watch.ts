import { readFileSync } from 'node:fs';
import type { Service } from './service.js';

/** Anonymous memory of a service's process (RssAnon), in MiB, between two calls of `phase`. */
export interface MemoryPhase {
  readonly service: string;
  readonly phase: string;
  readonly meanMiB: number;
  readonly highestMiB: number;
}

/** Looks at the memory of processes while they run. Knows nothing where the system has no `/proc`. */
export interface MemoryWatch {
  /** What is seen from here on counts for this phase. */
  phase(name: string): void;
  stop(): readonly MemoryPhase[];
}

const intervalMs = 2000;

/** RssAnon in MiB; undefined where the process is gone or the system does not tell. */
const anonymousMemory = (pid: number): number | undefined => {
  try {
    const found = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? undefined : Number(found[1]) / 1024;
  } catch {
    return undefined;
  }
};

export const watchMemory = (services: readonly Service[], first: string): MemoryWatch => {
  const phases: { readonly service: string; readonly phase: string; readonly seen: number[] }[] = [];
  let current = new Map<string, number[]>();
  const phase = (name: string): void => {
    current = new Map(services.map((service) => [service.name, []]));
    for (const [service, seen] of current) phases.push({ service, phase: name, seen });
  };
  const look = (): void => {
    for (const service of services) {
      const pid = service.pid();
      const found = pid === undefined ? undefined : anonymousMemory(pid);
      if (found !== undefined) current.get(service.name)?.push(found);
    }
  };
  phase(first);
  const timer = setInterval(look, intervalMs);
  return {
    phase,
    stop: () => {
      clearInterval(timer);
      return phases.map(({ service, phase: name, seen }) => ({
        service,
        phase: name,
        meanMiB: seen.reduce((sum, each) => sum + each, 0) / Math.max(1, seen.length),
        highestMiB: Math.max(0, ...seen),
      }));
    },
  };
};
