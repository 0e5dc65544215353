import { beforeEach, describe, expect, it } from '@jest/globals';
import { record, type Recording } from '../testing/recording.js';
import { BaseAgent } from './base-agent.js';

class Researcher extends BaseAgent<string, string> {
  readonly look = this.trace.tool('look', (what: string) => `seen ${what}`);
  protected async execute(input: string): Promise<string> {
    return this.look(input);
  }
}

class Supervisor extends BaseAgent<readonly string[], readonly string[]> {
  constructor(
    readonly workers: readonly Researcher[],
    hookManager: Recording['hookManager'],
  ) {
    super({ agentId: 'supervisor', hookManager });
  }
  protected execute(inputs: readonly string[]): Promise<readonly string[]> {
    return Promise.all(inputs.map((input, n) => this.workers[n % this.workers.length]!.run(input)));
  }
}

let recording: Recording;
beforeEach(() => {
  recording = record();
});
const researcher = (agentId?: string, own = recording): Researcher =>
  new Researcher({ agentId, hookManager: own.hookManager });

describe('an agent', () => {
  it('is called by its class and what tells it from others of its class, unless it is given an id', () => {
    expect(new Researcher().agentId).toMatch(/^Researcher-[0-9a-f]{6}$/);
    expect(new Researcher().agentId).not.toBe(new Researcher().agentId);
    expect(researcher('r1').agentId).toBe('r1');
  });

  it.each([[''], ['x'.repeat(257)], [7 as unknown as string]])('is refused the id %p', (agentId) => {
    expect(() => researcher(agentId)).toThrow(TypeError);
  });

  it('just executes where nobody listens', async () => {
    expect(await new Researcher().run('rain')).toBe('seen rain');
  });

  it('runs as an agent loop with what it does inside, each run in a trace of its own', async () => {
    const agent = researcher('r1');
    expect(await agent.run('rain')).toBe('seen rain');
    await agent.run('snow');
    const loop = 'agent_loop (r1)\n  tool_use:look (r1)';
    expect(recording.tree()).toBe(`${loop}\n${loop}`);
    expect(new Set(recording.events.map(({ traceId }) => traceId)).size).toBe(2);
  });

  it('throws the very error of its execute, and its loop has failed', async () => {
    const error = new RangeError('no');
    class Failing extends BaseAgent {
      protected execute(): never {
        throw error;
      }
    }
    await expect(new Failing({ hookManager: recording.hookManager }).run(1)).rejects.toBe(error);
    await expect(new Failing().run(1)).rejects.toBe(error);
    expect(recording.events[1]).toMatchObject({
      eventType: 'post_agent_loop',
      result: { success: false, error: 'no' },
    });
  });

  it('runs in the trace that it is given', async () => {
    await researcher().run('rain', { traceId: 'ticket 12' });
    expect(new Set(recording.events.map(({ traceId }) => traceId))).toEqual(new Set(['ticket 12']));
  });

  it('goes on with the run of a request', async () => {
    const agent = researcher('r1');
    const far = agent.trace.tool('far', () => agent.trace.headers(), { callId: 'c-far' });
    const headers = await agent.trace.run({ traceId: 'ticket 13' }, far);
    await agent.run('rain', { headers });
    expect(recording.tree()).toBe('tool_use:far (r1)\n  agent_loop (r1)\n    tool_use:look (r1)');
    expect(new Set(recording.events.map(({ traceId }) => traceId))).toEqual(new Set(['ticket 13']));
  });

  it('hands a run on that came with a request, though nobody listens here', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    class Passing extends BaseAgent<unknown, object> {
      protected execute(): object {
        return this.trace.headers();
      }
    }
    expect(await new Passing().run(1, { headers: { traceparent } })).toEqual({ traceparent });
  });
});

describe('agents that call each other', () => {
  it('show in one trace, however many run at once', async () => {
    const workers = [researcher('w1'), researcher('w2')];
    await new Supervisor(workers, recording.hookManager).run(['a', 'b', 'c']);
    expect(recording.tree().split('\n').toSorted()).toEqual([
      '    tool_use:look (w1)',
      '    tool_use:look (w1)',
      '    tool_use:look (w2)',
      '  agent_loop (w1)',
      '  agent_loop (w1)',
      '  agent_loop (w2)',
      'agent_loop (supervisor)',
    ]);
    expect(new Set(recording.events.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('show in the caller’s trace though only the caller is observed, and have their own hooks as well', async () => {
    const own = record();
    const workers = [new Researcher({ agentId: 'w1' }), researcher('w2', own)];
    await new Supervisor(workers, recording.hookManager).run(['a', 'b']);
    expect(recording.tree()).toBe(
      [
        'agent_loop (supervisor)',
        '  agent_loop (w1)',
        '    tool_use:look (w1)',
        '  agent_loop (w2)',
        '    tool_use:look (w2)',
      ].join('\n'),
    );
    expect(own.tree()).toBe('agent_loop (w2)\n  tool_use:look (w2)');
  });

  it('begin a trace of their own where the caller gives one', async () => {
    const worker = researcher('w1');
    class Boss extends BaseAgent<string, string> {
      protected execute(input: string): Promise<string> {
        return worker.run(input, { traceId: 'other' });
      }
    }
    await new Boss({ agentId: 'boss', hookManager: recording.hookManager }).run('a', { traceId: 'one' });
    expect(recording.tree()).toBe('agent_loop (boss)\nagent_loop (w1)\n  tool_use:look (w1)');
  });
});
