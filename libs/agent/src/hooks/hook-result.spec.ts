import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { HookResult } from './hook-result.js';

describe('a HookResult', () => {
  it.each([
    [{ success: false }],
    [{ success: false, error: '' }],
    [{ success: false, error: 5 }],
    [{ success: 1 }],
    [{}],
  ])('is refused for %j', (init) => {
    expect(() => new HookResult(init as never)).toThrow(TypeError);
  });

  it('carries only what it was given', () => {
    expect(Object.keys(new HookResult({ success: true }))).toEqual(['success']);
    expect(Object.entries(HookResult.succeeded({ hits: 2 }))).toEqual([
      ['success', true],
      ['data', { hits: 2 }],
    ]);
  });

  it('of an error has its class, message and stack', () => {
    class RateLimitError extends Error {}
    const result = HookResult.failed(new RateLimitError('slow down'));
    expect(result).toMatchObject({ success: false, error: 'slow down', errorType: 'RateLimitError' });
    expect(result.stack).toContain('hook-result.spec');
  });

  it('of an error that names itself has that name', () => {
    const error = Object.assign(new Error('no'), { name: 'QuotaError' });
    expect(HookResult.failed(error).errorType).toBe('QuotaError');
    expect(HookResult.failed(new DOMException('stop', 'AbortError')).errorType).toBe('AbortError');
  });

  it('of an error of another realm is told as well', () => {
    const foreign: unknown = runInNewContext('new TypeError("from elsewhere")');
    expect(HookResult.failed(foreign)).toMatchObject({ error: 'from elsewhere', errorType: 'TypeError' });
  });

  it('of an error without a message names its class', () => {
    expect(HookResult.failed(new RangeError()).error).toBe('RangeError');
  });

  it('of an error larger than an event may be is cut', () => {
    const { error, stack } = HookResult.failed(new Error('x'.repeat(1_000_000)));
    expect(error).toHaveLength(16_384);
    expect(stack!.length).toBeLessThanOrEqual(16_384);
  });
});
