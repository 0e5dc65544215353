import { describe, expect, it } from '@jest/globals';
import { columnsOf, pair } from '../testing/spans.js';
import { agentKeys, agentRows, agentTree } from './agent-tree.js';

const lead = { agent_id: 'lead' };
const worker = { agent_id: 'worker' };

const columns = columnsOf([
  ...pair({ id: 'root', kind: 'agent_loop', duration: 100, tags: lead }),
  ...pair({
    id: 'plan',
    parent: 'root',
    kind: 'llm_call:gpt',
    duration: 30,
    tags: lead,
    post: { input_tokens: 100, output_tokens: 20 },
  }),
  ...pair({ id: 'run1', parent: 'root', kind: 'agent_loop', start: 31, tags: worker }),
  ...pair({ id: 'tool1', parent: 'run1', kind: 'tool_use:grep', start: 32, duration: 4, tags: worker }),
  ...pair({ id: 'run2', parent: 'root', kind: 'agent_loop', start: 50, tags: worker }),
  ...pair({
    id: 'tool2',
    parent: 'run2',
    kind: 'tool_use:grep',
    start: 51,
    duration: 6,
    tags: { ...worker, error: true },
  }),
]);

describe('the tree of agents', () => {
  const [top] = agentTree(columns);

  it('has each agent below the one that called it, however often', () => {
    expect(top?.agent).toBe('lead');
    expect(top?.agents.map(({ agent, runs }) => [agent, runs.count, runs.time])).toEqual([['worker', 2, 20]]);
  });

  it('counts operations once, though a PRE and a POST have a span each', () => {
    const [grep] = top?.agents[0]?.operations ?? [];
    expect(grep).toMatchObject({ title: 'grep', kind: 'tool', tally: { count: 2, errors: 1, time: 10, longest: 6 } });
    expect(top?.total).toMatchObject({ count: 3, errors: 1 });
  });

  it('takes a model’s usage from where the POST has it', () => {
    expect(top?.total).toMatchObject({ inputTokens: 100, outputTokens: 20 });
  });

  it('folds up by keys that stay', () => {
    const nodes = agentTree(columns);
    expect(agentRows(nodes, new Set()).map(({ key, level }) => [key, level])).toEqual([
      ['/lead', 1],
      ['/lead#gpt#model', 2],
      ['/lead/worker', 2],
      ['/lead/worker#grep#tool', 3],
    ]);
    expect(agentRows(nodes, new Set(agentKeys(nodes))).map(({ key }) => key)).toEqual(['/lead']);
  });
});
