import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { carefulJson } from './careful-json.js';
import { eventLine, eventRow, readLine } from './event-line.js';

const base = { eventType: 'note', agentId: 'a', traceId: 't', eventId: 'e', timestamp: 12.5 };

/** Values as agents have them, good and bad. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withTypedArray: true,
  withSparseArray: true,
});

class Circle {
  readonly self = this;
  readonly kept = 1;
}

describe.each([
  ['a line', eventLine],
  ['a row', eventRow],
])('%s', (_, make) => {
  it('says what the event says, with the contract’s names', () => {
    const line = make({
      ...base,
      data: { tool_name: 'x', text: 'a "quoted"\nline \u{1F600}' },
      metadata: { m: [1, null] },
      callId: 'c',
      parentCallId: 'p',
      serviceName: 's',
      result: { success: false, error: 'no', errorType: 'E', stack: 'at', durationMs: 3, data: { d: 1 } },
    });
    expect(line).not.toContain('\n');
    expect(JSON.parse(JSON.stringify(readLine(line)))).toEqual({
      event_id: 'e',
      trace_id: 't',
      event_type: 'note',
      agent_id: 'a',
      timestamp: 12.5,
      data: { tool_name: 'x', text: 'a "quoted"\nline \u{1F600}' },
      metadata: { m: [1, null] },
      call_id: 'c',
      parent_call_id: 'p',
      service_name: 's',
      result: { success: false, error: 'no', error_type: 'E', stack: 'at', duration_ms: 3, data: { d: 1 } },
    });
  });

  it('gives an event without ids and time its own', () => {
    const read = () => readLine(make({ eventType: 'note', agentId: 'a' })) as Record<string, unknown>;
    const [first, second] = [read(), read()];
    expect(first.event_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(first.event_id).not.toBe(second.event_id);
    expect(first.trace_id).not.toBe(second.trace_id);
    expect(Math.abs(Number(first.timestamp) - Date.now() / 1000)).toBeLessThan(5);
    expect(Number(second.timestamp)).toBeGreaterThanOrEqual(Number(first.timestamp));
  });

  it('is made of any data whatever, and stays one line', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const line = make({ ...base, data: { value, kept: 1 } });
        expect(line).not.toContain('\n');
        const { data } = readLine(line) as { data: { kept: unknown } };
        expect(data.kept).toBe(1);
      }),
    );
  });

  it('holds JSON values as they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const read = readLine(make({ ...base, data })) as { data: unknown };
        expect(JSON.stringify(read.data)).toBe(JSON.stringify(data));
      }),
    );
  });

  it('keeps what it can of what JSON refuses', () => {
    const data = {
      big: 5n,
      huge: 2n ** 70n,
      circle: new Circle(),
      get bad(): never {
        throw new Error('no');
      },
      json: {
        kept: 2,
        toJSON(): never {
          throw new Error('no');
        },
      },
      kept: [1, 2n],
    };
    expect(readLine(make({ ...base, data }))).toMatchObject({
      data: {
        big: 5,
        huge: '1180591620717411303424',
        circle: { self: '[circular]', kept: 1 },
        bad: '[unreadable]',
        json: { kept: 2 },
        kept: [1, 2],
      },
    });
  });

  it('does not pass a time that is none for now', () => {
    for (const timestamp of [Number.NaN, Infinity, new Date(Number.NaN)]) {
      const read = readLine(make({ ...base, timestamp })) as { timestamp: unknown };
      expect(typeof read.timestamp).toBe('string');
    }
  });
});

describe('carefulJson', () => {
  it('ends however deep or wide the value is', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    expect(carefulJson({ deep, kept: 1 })).toContain('"kept":1');
    expect(carefulJson(Array.from({ length: 600_000 }, () => 1n))!.length).toBeLessThan(2 ** 21);
  });

  it('takes what a proxy throws at it', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(carefulJson({ hostile, kept: 1 })).toBe('{"hostile":"[unreadable]","kept":1}');
  });
});
