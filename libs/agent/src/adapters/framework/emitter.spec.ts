import { describe, expect, it } from '@jest/globals';
import type { EventReceiver } from '../../receiver.js';
import { createEmitter } from './emitter.js';
import { compileOptions } from './options.js';

const event = { eventType: 'note', agentId: 'a' };

const emitterOver = (receiver: EventReceiver) => {
  const problems: string[] = [];
  const onProblem = (message: string): void => void problems.push(message);
  return { problems, emitter: createEmitter('spec', compileOptions({ receiver, onProblem })) };
};

describe('an emitter', () => {
  it('keeps what a receiver throws from the framework, tells it once, and never its text', () => {
    const { problems, emitter } = emitterOver({
      handle: () => {
        throw new RangeError('password=hunter2');
      },
    });
    emitter.emit(event);
    emitter.emit(event);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('RangeError');
    expect(problems[0]).not.toContain('hunter2');
  });

  it('takes note of a receiver whose promise is rejected, without an unhandled rejection', async () => {
    const { problems, emitter } = emitterOver({ handle: () => Promise.reject(new TypeError('no')) });
    emitter.emit(event);
    await new Promise((resolve) => setImmediate(resolve));
    expect(problems).toEqual([expect.stringContaining('TypeError')]);
  });

  it('does not wait for a receiver', () => {
    const { problems, emitter } = emitterOver({ handle: () => new Promise(() => undefined) });
    emitter.emit(event);
    expect(problems).toEqual([]);
  });

  it('keeps also what cannot be looked at from the framework', () => {
    const unreadable: unknown = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('do not look');
        },
      },
    );
    const { problems, emitter } = emitterOver({
      handle: () => {
        throw unreadable as Error;
      },
    });
    expect(() => emitter.emit(event)).not.toThrow();
    expect(problems).toHaveLength(1);
  });

  it('goes on when telling the problem throws too', () => {
    const broken = { handle: () => Promise.reject(new Error('no')) };
    const options = compileOptions({
      receiver: broken,
      onProblem: () => {
        throw new Error('nobody listens');
      },
    });
    const { safely } = createEmitter('spec', options);
    expect(() =>
      safely('work', () => {
        throw new Error('no');
      }),
    ).not.toThrow();
  });
});

describe('options', () => {
  it.each([
    [{ receiver: undefined }, 'receiver'],
    [{ receiver: {} }, 'receiver'],
    [{ receiver: { handle: () => undefined }, maxOpenOperations: 0 }, 'maxOpenOperations'],
    [{ receiver: { handle: () => undefined }, maxContentLength: 1.5 }, 'maxContentLength'],
  ])('that are wrong are refused by name: %j', (options, name) => {
    expect(() => compileOptions(options as never)).toThrow(name);
  });
});
