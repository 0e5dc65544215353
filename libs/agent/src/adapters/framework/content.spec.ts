import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundedJson, message, parsedIfJson, part } from './content.js';

describe('bounded JSON', () => {
  it('is JSON text within its bound, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 8, max: 400 }), (value, max) => {
        const text = boundedJson(value, max);
        expect(text!.length).toBeLessThanOrEqual(max);
        expect(() => JSON.parse(text!) as unknown).not.toThrow();
      }),
    );
  });

  it('is the value itself where it fits', () => {
    expect(boundedJson({ a: [1, 'x'] }, 100)).toBe('{"a":[1,"x"]}');
  });

  it('keeps the newest messages of a list that is too long', () => {
    const messages = ['old', 'older', 'new'].map((text) => message('user', [part.text(text)]));
    const text = boundedJson(messages, JSON.stringify([messages[2]]).length);
    expect(JSON.parse(text!)).toEqual([messages[2]]);
  });

  it('cuts long strings of the newest message rather than leaving it out', () => {
    const text = boundedJson([message('user', [part.text('x'.repeat(10_000))])], 1_000);
    expect(JSON.parse(text!)).toEqual([message('user', [part.text('x'.repeat(250))])]);
  });

  it('is absent for what JSON cannot say', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect([boundedJson(circular, 100), boundedJson(undefined, 100), boundedJson(1n, 100)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('text that may be JSON', () => {
  it('is parsed where it is, and stays as it is where it is not', () => {
    expect([parsedIfJson('{"a":1}'), parsedIfJson('found it'), parsedIfJson(7)]).toEqual([
      { a: 1 },
      'found it',
      7,
    ]);
  });
});
