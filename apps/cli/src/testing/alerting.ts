import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';

const file = new URL('../../../../infra/prometheus/rules/kaizen-trace.yml', import.meta.url);

/** Thresholds of hours and minutes as a test can wait for them. Each must be in the rules. */
const thresholds = [
  ['kaizen_assembler_lag_seconds) > 60', 'kaizen_assembler_lag_seconds) > 1'],
  ['kaizen_exporter_lag_seconds) > 120', 'kaizen_exporter_lag_seconds) > 2'],
  ['oldest_open_age_seconds) > 86400', 'oldest_open_age_seconds) > 3'],
] as const;

/** The rules that are shipped, with nothing changed but how long things take. */
export const hurriedRules = (): string => {
  let rules = readFileSync(file, 'utf8')
    .replace(/^( +for:) \d+m$/gm, '$1 1s')
    .replace(/\[\d+m\]/g, '[10s]');
  for (const [usual, hurried] of thresholds) {
    expect(rules).toContain(usual);
    rules = rules.replace(usual, hurried);
  }
  return rules;
};

type Event = Readonly<Record<string, unknown>>;

/** Sends events, and gives the status of the answer. */
export const send = async (gateway: string, events: readonly Event[]): Promise<number> => {
  const response = await fetch(`${gateway}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events.map((event) => ({ agent_id: 'a', ...event }))),
  });
  await response.arrayBuffer();
  return response.status;
};

/** Sends events that have to be taken. */
export const publish = async (gateway: string, ...events: readonly Event[]): Promise<void> => {
  expect(await send(gateway, events)).toBe(202);
};

/** An operation from its begin to its end. */
export const operation = async (gateway: string, trace: string): Promise<void> => {
  for (const type of ['pre_llm_call', 'post_llm_call'])
    await publish(gateway, { event_type: type, trace_id: trace, data: { call_id: 'c' } });
};
