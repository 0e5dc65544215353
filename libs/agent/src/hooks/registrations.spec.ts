import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Hook } from './hook.js';
import { HookEvent } from './hook-event.js';
import { HookManager } from './hook-manager.js';
import { HookPriority } from './hook-priority.js';

let manager: HookManager;
let seen: string[];
const noting = (name: string) => () => {
  seen.push(name);
};

beforeEach(() => {
  manager = new HookManager();
  seen = [];
});

describe('registration', () => {
  const hook = (events?: readonly string[]): Hook => ({ name: 'hook', events, handle: noting('hook') });

  it('of a hook is for the events that it declares', async () => {
    manager.registerHook(hook(['pre_tool_use', 'CUSTOM']));
    for (const type of ['pre_tool_use', 'post_tool_use', 'custom']) await manager.trigger(type, 'agent');
    expect(seen).toHaveLength(2);
  });

  it('of a hook that declares none is for every event, known and custom', async () => {
    manager.registerHook(hook());
    for (const type of [...Object.values(HookEvent), 'custom']) await manager.trigger(type, 'agent');
    expect(seen).toHaveLength(Object.values(HookEvent).length + 1);
  });

  it('keeps the `this` of a hook', async () => {
    class Counting {
      readonly name = 'counting';
      #count = 0;
      handle(): void {
        this.#count += 1;
      }
      get count(): number {
        return this.#count;
      }
    }
    const counting = new Counting();
    manager.registerHook(counting);
    manager.register('one_more', counting);
    await manager.trigger('custom', 'agent');
    expect(counting.count).toBe(1);
  });

  it('of the same handler again calls it once, with the new priority', async () => {
    const handler = noting('again');
    manager.register('pre_tool_use', handler, HookPriority.LOW);
    manager.register('pre_tool_use', noting('other'));
    manager.register('pre_tool_use', handler, HookPriority.CRITICAL);
    await manager.trigger('pre_tool_use', 'agent');
    expect(seen).toEqual(['again', 'other']);
  });

  it.each([
    ['no event type', () => manager.register(undefined as never, noting('x'))],
    ['a name that no event can have', () => manager.register('pre tool use', noting('x'))],
    ['a prefix alone', () => manager.register('pre_', noting('x'))],
    ['no handler', () => manager.register('pre_tool_use', undefined as never)],
    ['a priority of its own', () => manager.register('pre_tool_use', noting('x'), 9 as never)],
    ['a hook without a name', () => manager.registerHook({ name: '', handle: noting('x') })],
    ['a hook that is none', () => manager.registerHook(null as never)],
    ['a hook that declares a wrong event', () => manager.registerHook(hook(['pre_tool_use', '']))],
    ['a hook that declares no list', () => manager.registerHook(hook('pre_tool_use' as never))],
  ])('with %s is refused, and nothing is registered', (_, wrong) => {
    expect(wrong).toThrow(TypeError);
    expect(wrong).not.toThrow(/is not a function/);
    expect(manager.registeredHookNames()).toEqual([]);
    expect(manager.isEmpty).toBe(true);
  });

  it('is told by name, each once, in order', () => {
    manager.register('pre_tool_use', function audit() {
      seen.push('audit');
    });
    manager.registerHook(hook(['pre_tool_use', 'post_tool_use']));
    manager.register('pre_tool_use', () => undefined);
    expect(manager.registeredHookNames()).toEqual(['audit', 'hook', 'anonymous']);
  });
});

describe('unregister', () => {
  const first = noting('first');
  const second = noting('second');
  beforeEach(() => {
    for (const type of ['pre_tool_use', 'post_tool_use']) {
      manager.register(type, first);
      manager.register(type, second);
    }
  });
  const left = async (): Promise<readonly string[]> => {
    for (const type of ['pre_tool_use', 'post_tool_use']) await manager.trigger(type, 'agent');
    return seen;
  };

  it('takes a handler out everywhere', async () => {
    expect(manager.unregister(first)).toBe(2);
    expect(await left()).toEqual(['second', 'second']);
  });

  it.each([
    ['event type first', true],
    ['handler first', false],
  ])('takes a handler out of one event, %s, in any case', async (_, eventFirst) => {
    const removed = eventFirst
      ? manager.unregister('PRE_tool_use', first)
      : manager.unregister(first, 'PRE_tool_use');
    expect(removed).toBe(1);
    expect(await left()).toEqual(['second', 'first', 'second']);
  });

  it('takes everything out of one event', async () => {
    expect(manager.unregister('pre_tool_use')).toBe(2);
    expect(await left()).toEqual(['first', 'second']);
  });

  it('of what is not there changes nothing', async () => {
    expect(manager.unregister(() => undefined)).toBe(0);
    expect(manager.unregister('custom')).toBe(0);
    expect(manager.unregister(undefined as never)).toBe(0);
    expect(await left()).toHaveLength(4);
  });
});
