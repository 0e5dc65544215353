import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import { record, type Recording } from '../testing/recording.js';
import { createTrace, type Trace } from './trace.js';

let recording: Recording;
let trace: Trace;

beforeEach(() => {
  recording = record();
  trace = createTrace((run) => run?.speaker ?? recording.speaker);
});

const isOpen = (): boolean => recording.events.every(({ eventType }) => !eventType.startsWith('post_llm'));
const post = () => recording.post('llm');

async function* words(fail?: Error): AsyncGenerator<string, string> {
  yield 'one';
  await sleep(5);
  yield 'two';
  if (fail !== undefined) throw fail;
  return 'end';
}

const readAll = async <Item>(stream: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

describe('an operation that gives an async generator', () => {
  it('ends when the generator has ended, not before', async () => {
    const stream = await trace.llm('llm', words)();
    expect(await stream.next()).toEqual({ value: 'one', done: false });
    expect(isOpen()).toBe(true);
    expect(await stream.next()).toEqual({ value: 'two', done: false });
    expect(isOpen()).toBe(true);
    expect(await stream.next()).toEqual({ value: 'end', done: true });
    expect(post()).toMatchObject({ data: { model: 'llm', stream_items: 2 }, result: { success: true } });
    expect(post().result!.durationMs).toBeGreaterThanOrEqual(4);
    expect(post().data.time_to_first_item_ms).toBeGreaterThanOrEqual(0);
  });

  it('fails when the generator fails, with the very error that its reader gets', async () => {
    const error = new RangeError('cut off');
    const stream = await trace.llm('llm', words)(error);
    await expect(readAll(stream)).rejects.toBe(error);
    expect(post().result).toMatchObject({ success: false, error: 'cut off', errorType: 'RangeError' });
  });

  it('ends when its reader goes away, and says so', async () => {
    for await (const word of await trace.llm('llm', words)()) if (word === 'one') break;
    expect(post()).toMatchObject({
      data: { stream_items: 1, stream_abandoned: true },
      result: { success: true },
    });
  });

  it('ends once', async () => {
    const stream = await trace.llm('llm', words)();
    await readAll(stream);
    await stream.next();
    await stream.return('again');
    expect(recording.names()).toEqual(['pre_llm_call:llm', 'post_llm_call:llm']);
  });

  it('gives the generator itself, with what else hangs on it', async () => {
    const own = Object.assign(words(), { id: 'request 1' });
    const stream = await trace.llm('llm', () => own)();
    expect(stream).toBe(own);
    expect(Object.keys(stream)).toEqual(['id']);
    await expect(stream.throw(new Error('thrown in'))).rejects.toThrow('thrown in');
  });

  it('has fields of its items in its POST, later ones over earlier ones', async () => {
    const chat = trace.llm('llm', words, {
      result: (word) =>
        word === 'one' ? { input_tokens: 3, output_tokens: 1 } : { output_tokens: word.length },
    });
    await readAll(await chat());
    expect(post().data).toMatchObject({ input_tokens: 3, output_tokens: 3 });
  });

  it('is the parent of what runs in its body, whoever reads it, and in whatever operation', async () => {
    const inner = trace.tool('inner', () => 1);
    const stream = await trace.llm('llm', async function* () {
      yield 1;
      await inner();
      yield 2;
    })();
    await trace.agent(() => readAll(stream))();
    expect(recording.tree()).toBe('llm_call:llm (agent)\n  tool_use:inner (agent)\nagent_loop (agent)');
  });

  it('ends when nobody holds the generator any longer, at the time of its last item', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await (async () => {
      const stream = await trace.llm('llm', words)();
      await stream.next();
    })();
    const lastSign = Date.now();
    await sleep(100);
    await eventually('the stream is collected', 5_000, async () => {
      await sleep(1);
      collect();
      return !isOpen();
    });
    expect(post().data).toMatchObject({ stream_items: 1, stream_abandoned: true });
    expect(Number(post().timestamp) * 1000).toBeLessThan(lastSign + 50);
    expect(post().result!.durationMs).toBeLessThan(50);
  });
});

describe('an operation that gives another stream', () => {
  /** As clients of model providers have them: iterable, with methods and state of their own. */
  class ModelStream implements AsyncIterable<string> {
    readonly #words = ['one', 'two'];
    get length(): number {
      return this.#words.length;
    }
    async *[Symbol.asyncIterator](): AsyncIterator<string> {
      await sleep(1);
      yield* this.#words;
    }
  }

  it('of a class of its own ends with its iteration, and the object stays what it was', async () => {
    const own = new ModelStream();
    const stream = await trace.llm('llm', () => Promise.resolve(own))();
    expect(stream).toBe(own);
    expect(stream.length).toBe(2);
    expect(isOpen()).toBe(true);
    expect(await readAll(stream)).toEqual(['one', 'two']);
    expect(post().data.stream_items).toBe(2);
    expect(await readAll(stream)).toEqual(['one', 'two']);
    expect(recording.names()).toHaveLength(2);
  });

  it('that is sealed ends at once, and is as it was', async () => {
    const sealed = Object.freeze(new ModelStream());
    expect(await trace.llm('llm', () => sealed)()).toBe(sealed);
    expect(isOpen()).toBe(false);
    expect(await readAll(sealed)).toEqual(['one', 'two']);
  });

  const webStream = (fail?: Error, cancelled: unknown[] = []): ReadableStream<string> => {
    let n = 0;
    return new ReadableStream<string>(
      {
        pull: (controller) => {
          n += 1;
          if (n <= 2) controller.enqueue(`part ${n}`);
          else if (fail === undefined) controller.close();
          else controller.error(fail);
        },
        cancel: (reason) => void cancelled.push(reason),
      },
      { highWaterMark: 0 },
    );
  };

  it('of the web ends when it has been read, by whatever way', async () => {
    const stream = await trace.llm('llm', () => webStream())();
    expect(stream).toBeInstanceOf(ReadableStream);
    expect(isOpen()).toBe(true);
    expect(await new Response(stream.pipeThrough(new TextEncoderStream())).text()).toBe('part 1part 2');
    expect(post().data.stream_items).toBe(2);
  });

  it('of the web fails as its source does', async () => {
    const error = new Error('reset');
    const stream = await trace.llm('llm', () => webStream(error))();
    await expect(readAll(stream)).rejects.toBe(error);
    expect(post().result).toMatchObject({ success: false, error: 'reset' });
  });

  it('of the web is cancelled with its reason', async () => {
    const cancelled: unknown[] = [];
    const stream = await trace.llm('llm', () => webStream(undefined, cancelled))();
    await stream.cancel('enough');
    expect(cancelled).toEqual(['enough']);
    expect(post().data.stream_abandoned).toBe(true);
  });

  it('of bytes can be read into a buffer of the reader', async () => {
    const bytes = () =>
      new ReadableStream({
        type: 'bytes',
        pull: (controller) => {
          controller.enqueue(Uint8Array.of(1, 2, 3));
          controller.close();
        },
      });
    const stream = await trace.llm('llm', bytes)();
    const reader = stream.getReader({ mode: 'byob' });
    const first = await reader.read(new Uint8Array(8));
    expect([...(first.value as Uint8Array)]).toEqual([1, 2, 3]);
    expect((await reader.read(new Uint8Array(8))).done).toBe(true);
    expect(post().data.stream_items).toBe(1);
  });

  it('of Node ends with it, by whatever way it is read', async () => {
    const stream = await trace.llm('llm', () => Readable.from(['a', 'b']))();
    expect(isOpen()).toBe(true);
    expect(await stream.toArray()).toEqual(['a', 'b']);
    await eventually('it has ended', 1_000, () => Promise.resolve(!isOpen()));
    expect(post().result).toMatchObject({ success: true });
  });

  it('of Node fails with it, and leaves its error to whoever handles errors', async () => {
    const error = new Error('reset');
    const stream = await trace.llm('llm', () => Readable.from(words(error)))();
    await expect(stream.toArray()).rejects.toBe(error);
    expect(post().result).toMatchObject({ success: false, error: 'reset' });
  });
});
