import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Hearing } from '../../testing/hearing.js';
import { hearing } from '../../testing/hearing.js';
import { langChainHandler } from './handler.js';
import type { LangChainHandler } from './types.js';

const id = (digit: number): string => `01a205c4-ef09-72cf-b032-${String(digit).repeat(12)}`;
const chain = { id: ['langchain_core', 'runnables', 'RunnableSequence'] };

describe('the handler for LangChain', () => {
  let receiver: Hearing;
  let handler: LangChainHandler;

  beforeEach(() => {
    receiver = hearing();
    handler = langChainHandler({ receiver });
  });

  it.each([
    ['with the parent fourth, as it is called', [id(1), [], {}, undefined, 'inner'] as const],
    ['with the parent eighth, as some types say', [undefined, [], {}, 'inner', id(1)] as const],
  ])('finds the parent of a chain %s', (_, rest) => {
    handler.handleChainStart(chain, {}, id(1), undefined, [], {}, undefined, 'outer');
    handler.handleChainStart(chain, {}, id(2), ...rest);
    expect(receiver.heard.at(-1)).toMatchObject({
      eventType: 'pre_chain',
      parentCallId: id(1),
      data: { name: 'inner' },
    });
  });

  it('takes the name of a root from either order', () => {
    handler.handleChainStart(chain, {}, id(1), undefined, [], {}, undefined, 'a');
    handler.handleChainStart(chain, {}, id(2), 'chain', [], {}, 'b');
    expect(receiver.heard.map(({ agentId }) => agentId)).toEqual(['a', 'b']);
  });

  it('shows what a hidden run holds under what the hidden run is under', () => {
    handler.handleChainStart(chain, {}, id(1), undefined, [], {}, undefined, 'outer');
    handler.handleChainStart(chain, {}, id(2), id(1), ['langsmith:hidden'], {}, undefined, 'hidden');
    handler.handleToolStart({}, '{}', id(3), id(2), [], {}, 'search', 'call_1');
    handler.handleChainEnd({}, id(2));
    expect(receiver.lines()).toEqual(['pre_agent_loop outer', 'pre_tool_use outer']);
    expect(receiver.heard.at(-1)?.parentCallId).toBe(id(1));
  });

  it('gives runs whose parent it has not seen one trace', () => {
    handler.handleToolStart({}, '', id(2), id(1));
    handler.handleToolStart({}, '', id(3), id(1));
    expect(receiver.heard.map(({ traceId }) => traceId)).toEqual(Array(2).fill(id(1).replaceAll('-', '')));
  });

  it('does not take a pause for a failure', () => {
    handler.handleChainStart(chain, {}, id(1), undefined, [], {}, undefined, 'graph');
    const paused = Object.assign(new Error('[]'), { name: 'GraphInterrupt' });
    handler.handleChainError(paused, id(1));
    expect(receiver.heard.at(-1)).toMatchObject({
      eventType: 'post_agent_loop',
      data: { interrupted: true },
    });
    expect(receiver.heard.at(-1)).not.toHaveProperty('result');
  });

  it('takes a tool message that says so for a failure', () => {
    handler.handleToolStart({}, '{}', id(1), undefined, [], {}, 'search');
    handler.handleToolEnd({ status: 'error', content: 'no', tool_call_id: 'c' }, id(1));
    expect(receiver.heard.at(-1)?.result?.success).toBe(false);
  });

  it('reads usage that a model leaves beside its answer', () => {
    handler.handleLLMStart({ id: ['x', 'Model'] }, ['Go'], id(1));
    handler.handleLLMEnd(
      { generations: [[{}]], llmOutput: { tokenUsage: { promptTokens: 7, completionTokens: 3 } } },
      id(1),
    );
    expect(receiver.heard.at(-1)?.data).toMatchObject({ input_tokens: 7, output_tokens: 3 });
  });

  it('tells actions of agents as points in time', () => {
    handler.handleChainStart(chain, {}, id(1), undefined, [], {}, undefined, 'executor');
    handler.handleAgentAction({ tool: 'search', toolInput: 'secret', log: '' }, id(1));
    handler.handleAgentEnd({ returnValues: { output: 'secret' }, log: '' }, id(1));
    expect(receiver.heard.slice(1).map(({ eventType, data }) => [eventType, data])).toEqual([
      ['agent_action', { tool_name: 'search' }],
      ['agent_finish', {}],
    ]);
  });

  it('survives arguments of any shape', () => {
    const methods = Object.entries(handler).filter(([, value]) => typeof value === 'function') as [
      string,
      (...args: readonly unknown[]) => void,
    ][];
    expect(methods.length).toBeGreaterThan(15);
    for (const [, method] of methods)
      for (const value of [undefined, null, 7, 'x', {}, [[]]])
        expect(() => method(value, value, value, value, value, value, value, value)).not.toThrow();
  });
});
