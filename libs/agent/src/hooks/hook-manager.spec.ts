import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HookContext } from './hook-context.js';
import { HookManager } from './hook-manager.js';
import { HookPriority } from './hook-priority.js';

const never = (): Promise<undefined> => new Promise(() => undefined);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let manager: HookManager;
let seen: string[];
const noting = (name: string) => () => {
  seen.push(name);
};

beforeEach(() => {
  manager = new HookManager();
  seen = [];
});

describe('the order of hooks', () => {
  it('is that of their priority, and within one that of their registration', async () => {
    manager.register('pre_tool_use', noting('low'), HookPriority.LOW);
    manager.register('pre_tool_use', noting('normal'));
    manager.register('pre_tool_use', noting('critical'), HookPriority.CRITICAL);
    manager.register('pre_tool_use', noting('normal, second'), HookPriority.NORMAL);
    manager.register('pre_tool_use', noting('high'), HookPriority.HIGH);
    await manager.trigger('pre_tool_use', 'agent');
    expect(seen).toEqual(['critical', 'high', 'normal', 'normal, second', 'low']);
  });

  it('waits for each hook before the next, and answers in the same order', async () => {
    manager.register('pre_tool_use', async () => {
      await later(5);
      seen.push('slow');
      return { success: true, data: { nth: 1 } };
    });
    manager.register('pre_tool_use', () => {
      seen.push('fast');
      return { success: true, data: { nth: 2 } };
    });
    const results = await manager.trigger('pre_tool_use', 'agent');
    expect(seen).toEqual(['slow', 'fast']);
    expect(results.map(({ data }) => data?.nth)).toEqual([1, 2]);
  });

  it('is settled when the event is triggered: a hook registered meanwhile waits for the next', async () => {
    const second = noting('second');
    manager.register('pre_tool_use', () => {
      seen.push('first');
      manager.register('pre_tool_use', second, HookPriority.CRITICAL);
    });
    await manager.trigger('pre_tool_use', 'agent');
    expect(seen).toEqual(['first']);
    await manager.trigger('pre_tool_use', 'agent');
    expect(seen).toEqual(['first', 'second', 'first']);
  });
});

describe('an event', () => {
  it('reaches hooks with its defaults filled in, and what went with it', async () => {
    const contexts: HookContext[] = [];
    manager.register('post_tool_use', (context) => {
      contexts.push(context);
    });
    const metadata = { tenant: 'a' };
    await manager.trigger(
      'post_tool_use',
      'agent-7',
      { tool_name: 'search' },
      {
        metadata,
        traceId: 'run 1',
        callId: 'c1',
        parentCallId: 'c0',
        serviceName: 'shop',
        result: { success: true },
      },
    );
    await manager.trigger('post_tool_use', 'agent-7');
    expect(contexts[0]).toMatchObject({
      eventType: 'post_tool_use',
      agentId: 'agent-7',
      traceId: 'run 1',
      data: { tool_name: 'search' },
      metadata,
      callId: 'c1',
      parentCallId: 'c0',
      serviceName: 'shop',
      result: { success: true },
    });
    expect(contexts[1]!.traceId).not.toBe(contexts[0]!.traceId);
    expect(contexts[1]!.eventId).not.toBe(contexts[0]!.eventId);
    expect(contexts[1]!.data).toEqual({});
  });

  it('is one and the same for all its hooks', async () => {
    const contexts: HookContext[] = [];
    manager.register('anything', (context) => void contexts.push(context));
    manager.register('anything', (context) => void contexts.push(context));
    await manager.trigger('anything', 'agent');
    expect(contexts[0]).toBe(contexts[1]);
  });

  it.each([['custom.event-1'], ['CUSTOM.Event-1'], ['Custom.EVENT-1']])(
    'of a custom name is found in any case: %s',
    async (name) => {
      manager.register('Custom.event-1', noting('custom'));
      await manager.trigger(name, 'agent');
      expect(seen).toEqual(['custom']);
    },
  );

  it('that cannot be read is a failed result, not a rejection', async () => {
    manager.register('pre_tool_use', noting('never'));
    const hostile = {
      eventType: 'pre_tool_use',
      get agentId(): string {
        throw new Error('no agent');
      },
    };
    expect(await manager.handle(hostile)).toMatchObject([{ success: false, error: 'no agent' }]);
    expect(await manager.handle({ agentId: 'agent' } as never)).toMatchObject([{ success: false }]);
  });

  it('of 10,000 custom names, again and again, leaves no more than a bounded memory', async () => {
    manager.registerHook({ name: 'all', handle: () => undefined });
    const round = async (): Promise<void> => {
      for (let n = 0; n < 10_000; n += 1) await manager.trigger(`custom_${n}`, 'agent');
      for (let n = 0; n < 2_000; n += 1) await manager.trigger(`custom_${n}_${'x'.repeat(40_000)}`, 'agent');
    };
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    await round();
    await round();
    expect(manager.getStats().all).toMatchObject({ callCount: 24_000, failureCount: 0 });
    // A thousand of the long names would take 40 MB.
    expect(heap() - before).toBeLessThan(10_000_000);
  });
});

describe('statistics', () => {
  it('count calls, successes, failures and time-outs of each hook by its name', async () => {
    manager.register('pre_tool_use', function good() {
      return { success: true };
    });
    manager.register('pre_tool_use', function bad() {
      throw new Error('bad');
    });
    manager.register('pre_tool_use', never);
    await manager.trigger('pre_tool_use', 'agent', {}, { timeoutMs: 10 });
    await manager.trigger('pre_tool_use', 'agent', {}, { timeoutMs: 10 });
    const { good, bad, never: late } = manager.getStats();
    expect(good).toMatchObject({ callCount: 2, successCount: 2, failureCount: 0, timeoutCount: 0 });
    expect(bad).toMatchObject({ callCount: 2, successCount: 0, failureCount: 2, timeoutCount: 0 });
    expect(late).toMatchObject({ callCount: 2, failureCount: 2, timeoutCount: 2 });
    expect(late!.averageDurationMs).toBeGreaterThanOrEqual(9);
    expect(late!.maxDurationMs).toBeGreaterThanOrEqual(late!.averageDurationMs);
    expect(late!.totalDurationMs).toBeCloseTo(2 * late!.averageDurationMs, 6);
  });

  it('stay when a hook goes, but of no more than a thousand hooks that are gone', () => {
    for (let n = 0; n < 5_000; n += 1) {
      const hook = { name: `hook ${n}`, handle: () => undefined };
      manager.registerHook(hook);
      manager.unregister(hook);
    }
    expect(Object.keys(manager.getStats()).length).toBeLessThanOrEqual(1_000);
    expect(manager.getStats()['hook 4999']).toBeDefined();
  });
});
