import { describe, expect, it } from '@jest/globals';
import { createTrace } from './trace.js';

const trace = createTrace(() => undefined);

/** True where either may stand for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

interface Hit {
  readonly url: string;
}

/** Checked by the compiler; running it shows that the values are what the types say. */
describe('the types of wrapped functions', () => {
  it('are those of the function, with a promise of its value', async () => {
    const search = trace.tool('search', (query: string, limit?: number): Hit[] => [
      { url: query.slice(0, limit) },
    ]);
    expect<Same<Parameters<typeof search>, [query: string, limit?: number | undefined]>>(true).toBe(true);
    expect<Same<ReturnType<typeof search>, Promise<Hit[]>>>(true).toBe(true);
    // @ts-expect-error the query is a string
    await search(1).catch(() => undefined);
    // @ts-expect-error there is no third parameter
    await search('a', 1, 2);
    // @ts-expect-error the query is required
    await search().catch(() => undefined);
    expect(await search('dogs', 3)).toEqual([{ url: 'dog' }]);
  });

  it('hold one promise, not two', async () => {
    const load = trace.memory(() => Promise.resolve(5));
    expect<Same<ReturnType<typeof load>, Promise<number>>>(true).toBe(true);
    expect(await load()).toBe(5);
  });

  it('keep this', async () => {
    const area = trace.tool('area', function (this: { side: number }) {
      return this.side ** 2;
    });
    // @ts-expect-error this must have a side
    await area.call({ edge: 2 });
    expect(await area.call({ side: 3 })).toBe(9);
  });

  it('keep type parameters', async () => {
    const first = trace.tool('first', <Item>(items: readonly Item[]): Item | undefined => items[0]);
    const found = await first([{ id: 1 }]);
    expect<Same<typeof found, { id: number } | undefined>>(true).toBe(true);
    expect(found).toEqual({ id: 1 });
  });

  it('keep rest parameters and give streams as they are', async () => {
    const sum = trace.tool('sum', (...terms: number[]) => terms.reduce((a, b) => a + b, 0));
    expect<Same<Parameters<typeof sum>, number[]>>(true).toBe(true);
    expect(await sum(1, 2, 3)).toBe(6);
    const chat = trace.llm('m', async function* (prompt: string) {
      yield await Promise.resolve(prompt);
    });
    expect<Same<ReturnType<typeof chat>, Promise<AsyncGenerator<string, void, unknown>>>>(true).toBe(true);
    await (await chat('x')).return();
  });

  it('of the options follow the function', () => {
    trace.llm('m', (prompt: string) => ({ tokens: prompt.length }), {
      data: (prompt) => ({ chars: prompt.length }),
      result: ({ tokens }) => ({ output_tokens: tokens }),
      callId: (prompt) => prompt,
    });
    trace.llm(
      'm',
      async function* () {
        yield await Promise.resolve({ usage: 1 });
      },
      {
        result: ({ usage }) => ({ output_tokens: usage }),
      },
    );
    trace.tool('t', (query: string) => query, {
      // @ts-expect-error the value is a string
      result: (value: number) => ({ value }),
    });
    trace.tool('t', (query: string) => query, {
      // @ts-expect-error the argument is a string
      data: (query: number) => ({ query }),
    });
    // @ts-expect-error only these three
    trace.memory(() => 1, { operation: 'forget' });
    // @ts-expect-error a tool has a name
    expect(() => trace.tool(() => 1)).toThrow(TypeError);
  });

  it('of a run give back what the function gives, promise or not', async () => {
    const now: number = trace.run({}, () => 1);
    const later: Promise<number> = trace.run({ traceId: 'x' }, () => Promise.resolve(2));
    expect([now, await later]).toEqual([1, 2]);
    // @ts-expect-error a trace id is text
    trace.run({ traceId: 1 }, () => 1);
  });

  it('of headers go into a request as they are', () => {
    const request = new Request('http://localhost', { headers: { ...trace.headers() } });
    expect(request.headers.get('traceparent')).toBeNull();
    const meta: Record<string, unknown> = { progressToken: 1, ...trace.meta() };
    expect(meta).toEqual({ progressToken: 1 });
  });
});
