import type { HookContextInit } from '../hooks/hook-context.js';
import type { EventReceiver } from '../receiver.js';

/** A receiver that keeps what it is handed. */
export interface Hearing extends EventReceiver {
  readonly heard: HookContextInit[];
  /** Type, agent and outcome of each event, in order. */
  readonly lines: () => readonly string[];
}

const outcomeOf = ({ result }: HookContextInit): string =>
  result === undefined ? '' : result.success ? ' ok' : ` failed: ${result.error ?? ''}`;

/** Makes a receiver that keeps what it is handed. */
export const hearing = (): Hearing => {
  const heard: HookContextInit[] = [];
  return {
    heard,
    handle: (event) => void heard.push(event),
    lines: () => heard.map((event) => `${event.eventType} ${event.agentId}${outcomeOf(event)}`),
  };
};
