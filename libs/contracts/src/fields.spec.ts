import { describe, expect, it } from '@jest/globals';
import { accepted, minimal, read, refused } from './testing/reading.js';

describe('keys and values', () => {
  it('keeps __proto__ and constructor as keys like others', () => {
    const line = `{"event_type":"post_x","agent_id":"a","data":{"__proto__":{"polluted":1},"in":{"__proto__":2}},
      "metadata":{"constructor":3},"result":{"success":true,"data":{"__proto__":4,"more":5}},"__proto__":{"trace_id":"no"}}`;
    const event = accepted(JSON.parse(line) as object);
    expect(Object.keys(event.data)).toEqual(['__proto__', 'in', 'more']);
    expect(JSON.stringify(event.data)).toBe('{"__proto__":{"polluted":1},"in":{"__proto__":2},"more":5}');
    expect(event.data.polluted).toBeUndefined();
    expect(accepted({}).data.constructor).toBeUndefined();
    expect(accepted({}).data.__proto__).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads own fields only', () => {
    expect(refused(Object.create({ event_type: 'pre_x', agent_id: 'a' }) as object)).toBe('accepted');
    expect(read(Object.create(minimal))).toMatchObject({ type: 'refused', field: null });
  });

  it('replaces lone surrogates as UTF-8 would', () => {
    const event = accepted({ trace_id: 't\ud800', data: { 'k\udc00': ['\ud800x', { n: '\udfff' }] } });
    expect(event.traceId).toBe('t\ufffd');
    expect(event.data).toEqual({ 'k\ufffd': ['\ufffdx', { n: '\ufffd' }] });
  });

  it('leaves out undefined members, and has null for undefined items', () => {
    expect(accepted({ data: { a: undefined, b: [undefined, 1] } }).data).toEqual({ b: [null, 1] });
  });

  it('has no -0, which JSON text cannot tell from 0', () => {
    expect(Object.is(accepted({ data: { zero: -0 } }).data.zero, 0)).toBe(true);
  });

  it('shares nothing with what it was read from', () => {
    const data = { nested: { list: [1] } };
    const event = accepted({ data });
    data.nested.list.push(2);
    expect(event.data).toEqual({ nested: { list: [1] } });
  });

  it('may nest 64 levels deep, data itself the first, and no deeper', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { n: nested(levels - 1) });
    expect(refused({ data: nested(64) as object })).toBe('accepted');
    expect(refused({ data: nested(65) as object })).toMatch(
      /^data\.n\..*: is nested more than 64 levels deep$/,
    );
    expect(
      refused({ data: { a: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown } }),
    ).toMatch(/is nested more than 64 levels deep$/);
  });

  it('refuses cycles and values without end', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(refused({ data: cycle })).toMatch(/is nested more than 64 levels deep$/);
    let wide: unknown = 1;
    for (let level = 0; level < 60; level += 1) wide = [wide, wide];
    expect(refused({ data: { wide } })).toMatch(/holds too many values$/);
    expect(refused({ data: { sparse: new Array(2 ** 32 - 1) } })).toBe('data.sparse: holds too many values');
  });

  it('keeps the path of a refusal short', () => {
    const reading = read({ ...minimal, data: { ['k'.repeat(10_000)]: NaN } });
    expect(reading.type === 'refused' && reading.field).toHaveLength(256);
  });

  it('refuses what throws while it is read', () => {
    const trap = {
      ...minimal,
      get data(): never {
        throw new Error('no');
      },
    };
    expect(read(trap)).toMatchObject({ type: 'refused', field: null });
  });
});
