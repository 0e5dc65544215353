import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { within } from '../../observing/run.js';
import type { Hearing } from '../../testing/hearing.js';
import { hearing } from '../../testing/hearing.js';
import { openAiAgentsProcessor } from './processor.js';
import type { OpenAiSpan, OpenAiTrace, OpenAiTracingProcessor } from './types.js';

const trace: OpenAiTrace = { traceId: `trace_${'a'.repeat(32)}`, name: 'Flow', groupId: null };

interface SpanSays {
  readonly id: string;
  readonly type?: string;
  readonly parent?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: OpenAiSpan['error'];
}

const span = ({ id, type = 'task', parent, data, error }: SpanSays) => ({
  traceId: trace.traceId,
  spanId: id,
  parentId: parent ?? null,
  spanData: { type, ...data },
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  error: error ?? null,
});

const failure = { message: 'Error in agent run', data: { error: 'MaxTurnsExceededError: too many' } };

describe('the processor of the OpenAI Agents SDK', () => {
  let receiver: Hearing;
  let processor: OpenAiTracingProcessor;

  beforeEach(() => {
    receiver = hearing();
    processor = openAiAgentsProcessor({ receiver });
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  });
  afterEach(() => void jest.useRealTimers());

  it('gives the trace the id of the SDK, so that both name the same run', () => {
    void processor.onTraceStart(trace);
    expect(receiver.heard[0]?.traceId).toBe('a'.repeat(32));
  });

  it('keeps a trace id of the application as it is', () => {
    const own = `order-${'1'.repeat(32)}`;
    void processor.onTraceStart({ ...trace, traceId: own });
    expect(receiver.heard[0]?.traceId).toBe(own);
  });

  it('tells the tools that an MCP server has', () => {
    const data = { server: 'files', result: ['read', 'write'] };
    void processor.onSpanEnd(span({ id: 's', type: 'mcp_tools', data }));
    expect(receiver.heard.at(-1)).toMatchObject({
      eventType: 'post_mcp_list_tools',
      data: { mcp_server: 'files', 'mcp.method.name': 'tools/list', tools: ['read', 'write'] },
    });
  });

  it('tells a start with what the SDK fills in directly after it', async () => {
    const generation = span({ id: 's', type: 'generation' });
    void processor.onSpanStart(generation);
    Object.assign(generation.spanData, { model: 'gpt-5' });
    await Promise.resolve();
    expect(receiver.heard[0]?.data).toMatchObject({ model: 'gpt-5', 'gen_ai.request.model': 'gpt-5' });
  });

  it('tells starts before an end, even one in the same tick', () => {
    void processor.onSpanStart(span({ id: 's' }));
    void processor.onSpanEnd(span({ id: 's' }));
    expect(receiver.lines()).toEqual(['pre_task openai-agents', 'post_task openai-agents ok']);
  });

  it('opens nothing when a start comes after its end', async () => {
    void processor.onSpanEnd(span({ id: 's' }));
    void processor.onSpanStart(span({ id: 's' }));
    await Promise.resolve();
    expect(receiver.lines()).toEqual(['pre_task openai-agents', 'post_task openai-agents ok']);
  });

  it('shows what runs within a handoff under what the handoff is under', async () => {
    void processor.onTraceStart(trace);
    void processor.onSpanStart(span({ id: 'a', type: 'agent', data: { name: 'Triage' } }));
    void processor.onSpanStart(span({ id: 'h', type: 'handoff', parent: 'a' }));
    void processor.onSpanStart(span({ id: 'c', type: 'custom', parent: 'h' }));
    await Promise.resolve();
    expect(receiver.heard.at(-1)).toMatchObject({
      eventType: 'pre_custom',
      agentId: 'Triage',
      parentCallId: 'a',
    });
  });

  it('makes a kind of a type that a later release brings', () => {
    void processor.onSpanStart(span({ id: 's', type: 'Image Generation' }));
    void processor.onSpanEnd(span({ id: 's', type: 'Image Generation' }));
    expect(receiver.lines()).toContain('pre_image_generation openai-agents');
  });

  it('tells the class of an error that the SDK names', () => {
    void processor.onSpanEnd(span({ id: 's', error: failure }));
    expect(receiver.heard.at(-1)?.result).toEqual({
      success: false,
      error: 'Error in agent run: MaxTurnsExceededError: too many',
      errorType: 'MaxTurnsExceededError',
    });
  });

  const failedRun = (): void => {
    void processor.onTraceStart(trace);
    void processor.onSpanStart(span({ id: 's' }));
    void processor.onSpanEnd(span({ id: 's', error: failure }));
  };

  it('ends the trace of a failed run when nothing follows, at the time of the run', () => {
    failedRun();
    jest.advanceTimersByTime(999);
    expect(receiver.lines().some((line) => line.startsWith('post_agent_loop'))).toBe(false);
    jest.advanceTimersByTime(1);
    expect(receiver.heard.at(-1)).toMatchObject({
      eventType: 'post_agent_loop',
      timestamp: '2026-01-01T00:00:01.000Z',
      result: { success: false },
    });
  });

  it('goes on with the trace when the application tries again', async () => {
    failedRun();
    void processor.onSpanStart(span({ id: 's2' }));
    await Promise.resolve();
    jest.advanceTimersByTime(10_000);
    void processor.onSpanEnd(span({ id: 's2' }));
    void processor.onTraceEnd(trace);
    expect(receiver.lines().filter((line) => line.startsWith('post_agent_loop'))).toEqual([
      'post_agent_loop Flow ok',
    ]);
  });

  it('ends the trace of a failed run at shutdown', async () => {
    failedRun();
    await processor.shutdown();
    expect(receiver.lines().at(-1)).toMatch(/^post_agent_loop Flow failed/);
  });

  it('belongs to the run that is around it', () => {
    const run = {
      traceId: 'outer',
      callId: 'step',
      foreignParent: undefined,
      tracestate: [],
      speaker: undefined,
    };
    within(run, () => void processor.onTraceStart(trace));
    expect(receiver.heard[0]).toMatchObject({ traceId: 'outer', parentCallId: 'step' });
  });

  it('survives spans of any shape', () => {
    const odd = [{}, { spanData: {} }, { spanData: { type: 7 } }, undefined, null] as unknown as OpenAiSpan[];
    for (const each of odd) {
      expect(() => void processor.onSpanStart(each)).not.toThrow();
      expect(() => void processor.onSpanEnd(each)).not.toThrow();
    }
  });
});
