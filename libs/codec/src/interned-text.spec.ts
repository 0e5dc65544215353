import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openInternedText } from './interned-text.js';

describe('an interned text', () => {
  it('is always the text of its bytes, whatever was read before', () => {
    const read = openInternedText();
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ minLength: 30, maxLength: 40 }));
    fc.assert(
      fc.property(bytes, fc.nat({ max: 3 }), (own, before) => {
        const all = Buffer.concat([Buffer.alloc(before, 0x61), own, Buffer.from('after')]);
        expect(read(all, before, before + own.length)).toBe(Buffer.from(own).toString('utf8'));
      }),
      { numRuns: 3000 },
    );
  });

  it('does not change with the bytes that it was read from', () => {
    const read = openInternedText();
    const bytes = Buffer.from('tool_name');
    expect(read(bytes, 0, 9)).toBe('tool_name');
    bytes.fill('x');
    expect(read(Buffer.from('tool_name'), 0, 9)).toBe('tool_name');
    expect(read(bytes, 0, 9)).toBe('xxxxxxxxx');
  });
});
