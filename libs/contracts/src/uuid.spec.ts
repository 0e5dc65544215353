import { describe, expect, it } from '@jest/globals';
import { millis } from './time.js';
import { uuidV7 } from './uuid.js';

describe('a UUID of version 7', () => {
  it('is the one of RFC 9562, appendix A.6', () => {
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);
    expect(uuidV7(millis(0x017f22e279b0), random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('bears its version and variant whatever the random bytes, which stay as they were', () => {
    const random = new Uint8Array(10).fill(0xff);
    expect(uuidV7(millis(0), random)).toBe('00000000-0000-7fff-bfff-ffffffffffff');
    expect(random).toEqual(new Uint8Array(10).fill(0xff));
  });

  it('is refused with too little randomness', () => {
    expect(() => uuidV7(millis(0), new Uint8Array(9))).toThrow(RangeError);
  });
});
