import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Hearing } from '../../testing/hearing.js';
import { hearing } from '../../testing/hearing.js';
import { currentRun } from '../../observing/run.js';
import { followVercelAi } from './channel.js';

describe('following the Vercel AI SDK by its diagnostics channel', () => {
  let receiver: Hearing;
  let problems: string[];
  let stop: () => void;

  beforeEach(() => {
    receiver = hearing();
    problems = [];
    stop = followVercelAi({ receiver, onProblem: (message) => problems.push(message) });
  });
  afterEach(() => stop());

  const publish = (message: object): Promise<string> =>
    tracingChannel('ai:telemetry').tracePromise(() => Promise.resolve('answer'), message);

  it('tells a call from its start to its end, until it is told to stop', async () => {
    const message = { type: 'generateText', event: { callId: 'c', operationId: 'ai.generateText' } };
    expect(await publish({ ...message })).toBe('answer');
    stop();
    await publish({ ...message });
    expect(receiver.heard.map(({ eventType }) => eventType)).toEqual(['pre_agent_loop', 'post_agent_loop']);
  });

  it('has what runs within a tool belong to that tool', async () => {
    const channel = tracingChannel('ai:telemetry');
    const event = { callId: 'c', operationId: 'ai.generateText' };
    const tool = { callId: 'c', toolCall: { toolCallId: 't', toolName: 'search' } };
    await channel.tracePromise(
      () =>
        channel.tracePromise(
          async () => {
            await Promise.resolve();
            const told = receiver.heard.find(({ eventType }) => eventType === 'pre_tool_use');
            expect(currentRun()).toMatchObject({ traceId: told?.traceId, callId: told?.callId });
            await publish({ type: 'generateText', event: { ...event, callId: 'inner' } });
          },
          { type: 'executeTool', event: tool },
        ),
      { type: 'generateText', event },
    );
    const inner = receiver.heard.find(({ callId }) => callId === 'inner');
    expect(inner?.parentCallId).toBe('c.tool.t');
    expect(currentRun()).toBeUndefined();
  });

  it('neither ends the process nor touches the call where a message cannot be read', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    const unreadable = {
      get type(): string {
        throw new RangeError('not now');
      },
    };
    expect(await publish(unreadable)).toBe('answer');
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
    expect(receiver.heard).toEqual([]);
    expect(problems).toHaveLength(1);
  });
});
