import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  apiAddressOf,
  defaultQuery,
  parametersOf,
  parseTags,
  problemsOf,
  queryOf,
  traceIdIn,
} from './query.js';

const now = 1_700_000_000_000;

describe('the query of an address', () => {
  it('is the same after a way through the address', () => {
    const text = fc.string();
    const anyQuery = fc.record({
      service: text,
      operation: text,
      agent: text,
      tags: text,
      min: text,
      max: text,
      lookback: text,
      start: text,
      end: text,
      limit: text,
    });
    fc.assert(
      fc.property(anyQuery, (query) => {
        const address = parametersOf(query).toString();
        expect(queryOf(new URLSearchParams(address))).toEqual(query);
      }),
    );
    expect(parametersOf(defaultQuery).toString()).toBe('');
  });

  it('asks the query API in its words', () => {
    const query = {
      ...defaultQuery,
      operation: 'pre_tool_use:grep',
      agent: ' lead ',
      tags: 'error=true note="two words"',
      min: '1.5 s',
      lookback: '1h',
    };
    const asked = new URL(apiAddressOf(query, 'my service', now), 'http://host');
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      service: 'my service',
      operation: 'pre_tool_use:grep',
      tags: '{"error":"true","note":"two words","agent_id":"lead"}',
      minDuration: '1.5s',
      limit: '100',
      start: String((now - 3_600_000) * 1_000),
      end: String(now * 1_000),
    });
  });

  it('asks for any time from the epoch on, since a recorded run is as old as it is', () => {
    const asked = new URL(apiAddressOf({ ...defaultQuery, lookback: 'all' }, 'a', now), 'http://host');
    expect([asked.searchParams.get('start'), asked.searchParams.get('end')]).toEqual([
      '0',
      String(now * 1_000),
    ]);
  });

  it('says what is wrong with each field', () => {
    const wrong = { ...defaultQuery, tags: 'a', min: 'soon', limit: '0', lookback: 'custom', start: 'x' };
    expect(Object.keys(problemsOf(wrong)).sort()).toEqual(['end', 'limit', 'min', 'start', 'tags']);
    expect(problemsOf(defaultQuery)).toEqual({});
  });

  it('reads tags with whatever values', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z.]{1,8}$/), fc.string(), { noNullPrototype: true }),
        (tags) => {
          const text = Object.entries(tags)
            .map(([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`)
            .join(' ');
          expect(parseTags(text)).toEqual({ type: 'tags', tags });
        },
      ),
    );
  });

  it.each([
    ['5B8AA5A2D2C872E8321CF37308D69DF2', '5b8aa5a2d2c872e8321cf37308d69df2'],
    [' 01a1f813-a740-77fc-ad44-6dedd591e0b0 ', '01a1f813a74077fcad446dedd591e0b0'],
    ['http://jaeger:16686/trace/5b8aa5a2d2c872e8?x=1', '5b8aa5a2d2c872e8'],
    ['0'.repeat(32), undefined],
    ['run-1', undefined],
  ])('finds the trace id in %s', (text, id) => expect(traceIdIn(text)).toBe(id));
});
