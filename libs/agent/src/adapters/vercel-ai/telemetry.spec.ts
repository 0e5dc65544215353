import { beforeEach, describe, expect, it } from '@jest/globals';
import { currentRun, within } from '../../observing/run.js';
import type { Hearing } from '../../testing/hearing.js';
import { hearing } from '../../testing/hearing.js';
import { vercelAiTelemetry } from './telemetry.js';
import type { AiTelemetry } from './types.js';

const call = (callId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  callId,
  operationId: 'ai.generateText',
  functionId: callId,
  ...more,
});
const toolCall = (toolCallId: string) => ({ toolCallId, toolName: 'ask' });

describe('the telemetry for the Vercel AI SDK', () => {
  let receiver: Hearing;
  let telemetry: AiTelemetry;

  beforeEach(() => {
    receiver = hearing();
    telemetry = vercelAiTelemetry({ receiver });
  });

  const eventOf = (eventType: string, agentId: string) =>
    receiver.heard.find((event) => event.eventType === eventType && event.agentId === agentId);

  it('shows a call within a tool under the tool, in its trace', async () => {
    telemetry.onStart(call('outer'));
    telemetry.onToolExecutionStart({ ...call('outer'), toolCall: toolCall('t1') });
    await telemetry.executeTool({
      callId: 'outer',
      toolCallId: 't1',
      execute: async () => {
        await Promise.resolve();
        telemetry.onStart(call('inner'));
      },
    });
    const tool = eventOf('pre_tool_use', 'outer')!;
    expect(eventOf('pre_agent_loop', 'inner')).toMatchObject({
      traceId: tool.traceId,
      parentCallId: tool.callId,
    });
  });

  it('lets the code of a tool belong to it, and a run in there be nearer', async () => {
    telemetry.onStart(call('outer'));
    telemetry.onToolExecutionStart({ ...call('outer'), toolCall: toolCall('t1') });
    const tool = eventOf('pre_tool_use', 'outer')!;
    const step = {
      traceId: tool.traceId!,
      callId: 'step',
      foreignParent: undefined,
      tracestate: [],
      speaker: undefined,
    };
    await telemetry.executeTool({
      callId: 'outer',
      toolCallId: 't1',
      execute: async () => {
        await Promise.resolve();
        expect(currentRun()).toMatchObject({ traceId: tool.traceId, callId: tool.callId });
        within(step, () => telemetry.onStart(call('inner')));
      },
    });
    expect(eventOf('pre_agent_loop', 'inner')?.parentCallId).toBe('step');
  });

  it('gives what a tool gives, and throws what it throws', async () => {
    const execution = { callId: 'unknown', toolCallId: 't' };
    expect(await telemetry.executeTool({ ...execution, execute: () => Promise.resolve(7) })).toBe(7);
    const failing = { ...execution, execute: () => Promise.reject(new Error('mine')) };
    await expect(telemetry.executeTool(failing)).rejects.toThrow('mine');
  });

  it('ends a model call that a retry leaves behind', () => {
    telemetry.onStart(call('c'));
    telemetry.onLanguageModelCallStart(call('c', { modelId: 'm' }));
    telemetry.onLanguageModelCallStart(call('c', { modelId: 'm' }));
    telemetry.onLanguageModelCallEnd(call('c', { modelId: 'm' }));
    telemetry.onEnd(call('c'));
    expect(receiver.lines()).toEqual([
      'pre_agent_loop c',
      'pre_llm_call c',
      'post_llm_call c failed: ended without an answer; another attempt followed',
      'pre_llm_call c',
      'post_llm_call c ok',
      'post_agent_loop c ok',
    ]);
  });

  it('leaves nothing open behind an abort, whatever was under way', () => {
    telemetry.onStart(call('c'));
    telemetry.onStepStart({ ...call('c'), stepNumber: 0 });
    telemetry.onLanguageModelCallStart(call('c'));
    telemetry.onToolExecutionStart({ ...call('c'), toolCall: toolCall('t1') });
    telemetry.onAbort(call('c', { reason: 'the user left' }));
    const open = receiver.heard.map(({ eventType, callId }) =>
      [eventType.replace(/^(pre|post)_/, ''), callId].join(),
    );
    for (const each of open) expect(open.filter((other) => other === each)).toHaveLength(2);
    expect(receiver.lines().at(-1)).toBe('post_agent_loop c failed: aborted: the user left');
  });

  it('takes the time of what is told afterwards', () => {
    telemetry.onStart(call('c', { timestamp: 1_767_225_600_500 }));
    expect(receiver.heard[0]?.timestamp).toBe(1_767_225_600.5);
  });

  it('follows a bounded number of calls', () => {
    const few = vercelAiTelemetry({ receiver, maxOpenOperations: 3 });
    for (let index = 0; index < 10; index += 1) few.onStart(call(`c${index}`));
    const lines = receiver.lines();
    expect(
      lines.filter((line) => line.startsWith('pre_')).length -
        lines.filter((line) => line.startsWith('post_')).length,
    ).toBe(3);
  });

  it('survives events of any shape', () => {
    const callbacks = Object.entries(telemetry).filter(([name]) => name !== 'executeTool') as [
      string,
      (event: unknown) => void,
    ][];
    expect(callbacks.length).toBeGreaterThan(15);
    for (const [, callback] of callbacks)
      for (const event of [undefined, null, 7, {}, { callId: 7 }, { callId: 'x', toolCall: null }])
        expect(() => callback(event)).not.toThrow();
  });
});
