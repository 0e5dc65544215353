import { readFileSync } from 'node:fs';
import type { EventJson } from '@kaizen-trace/contracts';
import { claudeCodeEvents, openCallsInMemory, type ClaudeCodeOptions } from '../index.js';

/** One payload, and when it came. */
export interface Received {
  readonly at: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

const folder = new URL('../../fixtures/claude-code/', import.meta.url);

/** The text of a file beside the recordings. */
export const fixtureText = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/** The payloads of a recording, in the order of their coming. */
export const recording = (name: string): readonly Received[] =>
  fixtureText(`${name}.ndjson`)
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Received);

/** Payloads as events, with what a gateway remembers of the session; ids that are fresh count up. */
export const eventsOf = (
  received: readonly Received[],
  options: Partial<ClaudeCodeOptions> = {},
): readonly EventJson[] => {
  let ids = 0;
  const calls = openCallsInMemory();
  return received.flatMap(({ at, payload }) => {
    const events = claudeCodeEvents(payload, {
      receivedAt: at,
      newId: () => `fresh-${(ids += 1)}`,
      calls,
      ...options,
    });
    if (events === undefined) throw new Error('no hook of Claude Code');
    return events;
  });
};
