import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Step } from './testing/folding.js';
import { fold, point, post, pre, tick, tool } from './testing/folding.js';

const model = { data: { model: 'sonnet', provider: 'anthropic', prompt: { nested: true } } };
const used = {
  data: { input_tokens: 1200, output_tokens: 80.0, cost: 0.125, tags: ['a', 'b'], mixed: [1, 'x'] },
};

/** A supervisor with two workers, and everything that may go wrong. */
const run: readonly Step[] = [
  pre('agent_loop', {
    agent: 'supervisor',
    call: 'run',
    t: 0,
    at: 0,
    service: 'planner',
    metadata: { session: 's1', parent_span_id: 'no' },
  }),
  pre('plan_generation', { agent: 'supervisor', t: 5 }),
  pre('llm_call', { agent: 'supervisor', t: 6, ...model }),
  point('cache_hit', { agent: 'supervisor', t: 7, data: { key: 'k' } }),
  post('llm_call', { agent: 'supervisor', t: 400, ...used, result: { success: true, durationMs: 394 } }),
  post('plan_generation', { agent: 'supervisor', t: 410, at: 500 }),
  pre('specialist_invoke', {
    agent: 'supervisor',
    call: 'w1',
    t: 420,
    data: { specialist_name: 'researcher' },
  }),
  pre('agent_loop', { agent: 'researcher', parentCall: 'w1', t: 430 }),
  pre('tool_use', { agent: 'researcher', call: 't1', t: 440, ...tool('search') }),
  pre('tool_use', { agent: 'researcher', call: 't2', t: 441, ...tool('search') }),
  post('tool_use', { agent: 'researcher', call: 't2', t: 600, result: { success: true } }),
  post('tool_use', {
    agent: 'researcher',
    call: 't1',
    t: 700,
    result: { success: false, error: 'timeout', errorType: 'TimeoutError', stack: 'at search' },
  }),
  post('memory_read', { id: 'early', agent: 'researcher', t: 740, data: { hits: 3 } }),
  pre('memory_read', { agent: 'researcher', t: 720, at: 900 }),
  post('tool_use', {
    id: 'lost',
    agent: 'researcher',
    t: 800,
    data: { tool_name: 'gone', duration_ms: 12.5 },
  }),
  post('tool_use', {
    id: 'lost',
    agent: 'researcher',
    t: 800,
    data: { tool_name: 'gone', duration_ms: 12.5 },
  }),
  pre('permission_check', { agent: 'researcher', t: 810.001, data: { tool_name: 'rm' } }),
  post('permission_check', { agent: 'researcher', t: 809.5, data: { success: false } }),
  point('review', { agent: 'researcher', t: 815, result: { success: false, error: '' } }),
  pre('tool_use', {
    agent: 'researcher',
    t: 820,
    data: { tool_name: 'ünïcode 🙂', text: '🙂'.repeat(2100) },
  }),
  post('agent_loop', {
    agent: 'researcher',
    t: 900,
    data: { error: { type: 'E', message: 'gave up', stack: 'at loop' } },
  }),
  post('specialist_invoke', { agent: 'supervisor', call: 'w1', t: 910, service: 'workers' }),
  post('agent_loop', { agent: 'supervisor', call: 'run', t: 1000, at: 1500, result: { success: true } }),
  pre('agent_loop', { agent: 'supervisor', call: 'run', t: 1100 }),
  post('agent_loop', { agent: 'supervisor', call: 'run', t: 1200 }),
  point('note', { trace: 'run-42', agent: 'other', t: 1 }),
  tick(31_500),
  tick(8 * 24 * 3600 * 1000),
];

const shown = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

describe.each(['events', 'operations'] as const)('the recorded run in layout %s', (layout) => {
  it('gives the spans of the golden file, for ever', () => {
    const { spans, counts } = fold(run, { layout });
    const text = `${JSON.stringify({ spans, counts }, shown, 2)}\n`;
    const file = new URL(`./golden/${layout}.json`, import.meta.url);
    // A change of these files is a change of the folding rules: it needs an ADR and a new scope version.
    if (process.env.WRITE_GOLDEN === '1') writeFileSync(file, text);
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });
});
