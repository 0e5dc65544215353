import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HookManager } from './hook-manager.js';
import { HookPriority } from './hook-priority.js';
import { HookResult } from './hook-result.js';

const never = (): Promise<undefined> => new Promise(() => undefined);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a handler in plain JavaScript may do, whatever the types say. */
const untyped = (answer: () => unknown): (() => undefined) => answer as () => undefined;

let manager: HookManager;
let seen: string[];
const noting = (name: string) => () => {
  seen.push(name);
};

beforeEach(() => {
  manager = new HookManager();
  seen = [];
});

describe('a hook that goes wrong', () => {
  beforeEach(() => {
    manager.register('pre_tool_use', noting('last'), HookPriority.LOW);
  });
  const resultOf = async (handler: () => unknown, timeoutMs?: number): Promise<HookResult> => {
    manager.register('pre_tool_use', untyped(handler), HookPriority.CRITICAL);
    const [result] = await manager.trigger(
      'pre_tool_use',
      'agent',
      {},
      timeoutMs === undefined ? {} : { timeoutMs },
    );
    expect(seen).toEqual(['last']);
    manager.unregister(untyped(handler));
    seen = [];
    return result!;
  };

  it('by a throw is a failed result, and the others run', async () => {
    const result = await resultOf(() => {
      throw new RangeError('out of range');
    });
    expect(result).toMatchObject({ success: false, error: 'out of range', errorType: 'RangeError' });
    expect(result.stack).toContain('hook-isolation.spec');
  });

  it('by a rejection is a failed result, and the others run', async () => {
    const result = await resultOf(() => Promise.reject(new TypeError('no')));
    expect(result).toMatchObject({ success: false, error: 'no', errorType: 'TypeError' });
  });

  it('by taking too long is a failed result, and the others run', async () => {
    const result = await resultOf(never, 20);
    expect(result).toMatchObject({ success: false, errorType: 'HookTimeoutError' });
    expect(result.error).toContain('20 ms');
  });

  it('by rejecting after its time is no unhandled rejection', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    await resultOf(() => later(20).then(() => Promise.reject(new Error('too late'))), 5);
    await later(40);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([
    ['no boolean as success', { success: 'yes' }],
    ['a failure without an error', { success: false }],
    ['a failure with an empty error', { success: false, error: '' }],
  ])('by answering %s is a failed result', async (_, answer) => {
    expect(await resultOf(() => answer)).toMatchObject({ success: false, errorType: 'TypeError' });
    expect(await resultOf(() => Promise.resolve(answer))).toMatchObject({ success: false });
  });

  it('by answering an object that throws when looked at is a failed result', async () => {
    const hostile = {
      get success(): boolean {
        throw new Error('do not look');
      },
    };
    expect(await resultOf(() => hostile)).toMatchObject({ success: false, error: 'do not look' });
    const thenable = {
      get then(): undefined {
        throw new Error('not even here');
      },
    };
    expect(await resultOf(() => thenable)).toMatchObject({ success: false, error: 'not even here' });
  });

  it.each([[undefined], [null], [42], ['done'], [[]], [{ anything: 1 }]])(
    'is not one that answers %j: that is a success',
    async (answer) => {
      expect(await resultOf(() => answer)).toEqual(new HookResult({ success: true }));
    },
  );

  it.each([
    ['thrown text', 'thrown text'],
    [undefined, 'undefined'],
    ['', 'an empty value was thrown'],
  ])('by throwing %j, which is no Error, says what it threw', async (thrown: unknown, error) => {
    const rejected = (): Promise<unknown> =>
      Promise.resolve().then(() => {
        throw thrown;
      });
    const result = await resultOf(rejected);
    expect(result).toEqual(new HookResult({ success: false, error }));
  });

  it('by throwing what cannot be read is a failed result', async () => {
    const unreadable = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        has: () => {
          throw new Error('no');
        },
      },
    );
    expect((await resultOf(() => Promise.reject(unreadable as Error))).success).toBe(false);
  });
});

describe('what an agent hands in', () => {
  it('and cannot be read is a failed result, and the agent goes on', async () => {
    manager.register('pre_tool_use', noting('hook'));
    const unreadable = {
      get timeoutMs(): number {
        throw new Error('not now');
      },
    };
    expect(await manager.trigger('pre_tool_use', 'agent', {}, unreadable)).toMatchObject([
      { success: false, error: 'not now' },
    ]);
    expect(await manager.handle(null as never)).toMatchObject([{ success: false }]);
    expect(seen).toEqual([]);
  });
});

describe('time', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is not measured by a timer where every hook answers at once, and all have run before trigger returns', async () => {
    const armed = jest.spyOn(globalThis, 'setTimeout');
    manager.register('pre_tool_use', noting('first'));
    manager.register('pre_tool_use', () => ({ success: true }));
    manager.register('pre_tool_use', noting('last'));
    const done = manager.trigger('pre_tool_use', 'agent');
    expect(seen).toEqual(['first', 'last']);
    expect(await done).toHaveLength(3);
    expect(armed).not.toHaveBeenCalled();
  });

  it('is 500 ms for each hook unless told', async () => {
    const armed = jest.spyOn(globalThis, 'setTimeout');
    manager.register('pre_tool_use', async () => later(0));
    await manager.trigger('pre_tool_use', 'agent');
    expect(armed.mock.calls.map(([, ms]) => ms)).toContain(500);
  });

  it.each([[Number.NaN], [-1], ['soon' as unknown as number], [Infinity], [2 ** 40]])(
    'of %p ms does not fail a hook that answers soon',
    async (timeoutMs) => {
      manager.register('pre_tool_use', async () => later(20));
      expect(await manager.trigger('pre_tool_use', 'agent', {}, { timeoutMs })).toEqual([
        new HookResult({ success: true }),
      ]);
    },
  );

  it('leaves no timer behind when a hook answers', async () => {
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    manager.register('pre_tool_use', () => Promise.resolve(undefined));
    await manager.trigger('pre_tool_use', 'agent');
    expect(cleared).toHaveBeenCalledTimes(1);
  });
});
