import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { goDuration } from '../jaeger/go-format.js';
import { parseGoDuration, parseQuery, parseTraceId } from './go-parse.js';

describe('parameters as Go reads them', () => {
  it('reads every duration that is printed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), (nanoseconds) => {
        expect(parseGoDuration(goDuration(nanoseconds))).toEqual({ type: 'parsed', value: nanoseconds });
      }),
    );
  });

  it.each([
    ['1.5s', 1_500_000_000n],
    ['.5h', 1_800_000_000_000n],
    ['1m30s', 90_000_000_000n],
    ['+3us', 3_000n],
    ['0', 0n],
  ])('reads %s', (text, value) => {
    expect(parseGoDuration(text)).toEqual({ type: 'parsed', value });
  });

  it.each(['', '-', 's', '.s', '1', '1x', '1.5', '1 s', '9223372036855s', 'constructor'])(
    'refuses %j',
    (text) => {
      expect(parseGoDuration(text).type).toBe('refused');
    },
  );

  it('fills up a trace id and refuses what is none, whatever the text', () => {
    expect(parseTraceId('ABC')).toEqual({ type: 'parsed', value: '0'.repeat(29) + 'abc' });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const isId = /^[0-9a-fA-F]{1,32}$/.test(text);
        expect(parseTraceId(text).type).toBe(isId ? 'parsed' : 'refused');
      }),
    );
  });

  it('reads a form, passing over broken pairs', () => {
    const form = parseQuery('a=1&a=2&b&%zz=3&c=%C3%BC+%2B&d=x;y&=e&&f=1=2');
    expect([...form]).toEqual([
      ['a', ['1', '2']],
      ['b', ['']],
      ['c', ['ü +']],
      ['', ['e']],
      ['f', ['1=2']],
    ]);
  });
});
