import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sha256Hex } from './index.js';

describe('the hash behind the ids', () => {
  it('is SHA-256 of the UTF-8 text', () => {
    // FIPS 180-2, B.1.
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256Hex('ü\u001fß')).toBe(createHash('sha256').update('ü\u001fß', 'utf8').digest('hex'));
  });
});
