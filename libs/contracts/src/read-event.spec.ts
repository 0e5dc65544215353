import { describe, expect, it } from '@jest/globals';
import { accepted, minimal, read, refused } from './testing/reading.js';

describe('an event', () => {
  it('gets every default that it leaves out', () => {
    expect(accepted({})).toEqual({
      eventId: '0190a5c0-0000-7000-8000-000000000000',
      traceId: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
      eventType: 'pre_tool_use',
      agentId: 'a',
      timestamp: 42n,
      data: {},
      metadata: {},
    });
  });

  it('keeps every field that it has', () => {
    expect(
      accepted({
        event_type: 'POST_Tool_Use',
        event_id: 'e',
        trace_id: 'T',
        timestamp: 1.5,
        service_name: 's',
        call_id: 'c',
        parent_call_id: 'p',
        data: { tool_name: 'x', list: [1, 'two', null, { three: 3 }] },
        metadata: { m: true },
        result: { success: false, error: 'e', error_type: 'E', stack: 'at', duration_ms: 1.5 },
        unknown: 'ignored',
      }),
    ).toEqual({
      eventId: 'e',
      traceId: 'T',
      eventType: 'post_tool_use',
      agentId: 'a',
      timestamp: 1_500_000n,
      serviceName: 's',
      callId: 'c',
      parentCallId: 'p',
      data: { tool_name: 'x', list: [1, 'two', null, { three: 3 }] },
      metadata: { m: true },
      result: { success: false, error: 'e', errorType: 'E', stack: 'at', durationMs: 1.5 },
    });
  });

  it('takes null in an optional field as absent', () => {
    const optional = [
      'trace_id',
      'timestamp',
      'data',
      'metadata',
      'event_id',
      'service_name',
      'call_id',
      'result',
    ];
    expect(accepted(Object.fromEntries([...optional, 'parent_call_id'].map((name) => [name, null])))).toEqual(
      accepted({}),
    );
    expect(
      accepted({ event_type: 'x', result: { success: true, error: null, data: null, duration_ms: null } })
        .result,
    ).toEqual({ success: true });
  });

  it.each(['text', 1, null, undefined, [], [minimal], true, new Date(0), new Map()])('is not %p', (value) => {
    expect(read(value)).toEqual({ type: 'refused', field: null, reason: 'must be an object' });
  });

  it.each([
    [{ event_type: undefined }, 'event_type: is required'],
    [{ event_type: null }, 'event_type: is required'],
    [{ agent_id: null }, 'agent_id: is required'],
    [{ agent_id: '' }, 'agent_id: must have 1 to 256 characters'],
    [{ agent_id: 7 }, 'agent_id: must be a string'],
    [{ trace_id: '' }, 'trace_id: must have 1 to 256 characters'],
    [{ trace_id: 7 }, 'trace_id: must be a string'],
    [{ event_id: 'x'.repeat(129) }, 'event_id: must have 1 to 128 characters'],
    [{ service_name: '' }, 'service_name: must have 1 to 256 characters'],
    [{ call_id: 'x'.repeat(257) }, 'call_id: must have 1 to 256 characters'],
    [{ parent_call_id: false }, 'parent_call_id: must be a string'],
    [{ timestamp: -1 }, 'timestamp: must be in seconds since the epoch, from 0 to below 9223372036'],
    [{ timestamp: '2025-02-29T00:00:00Z' }, 'timestamp: names a date that does not exist'],
    [{ data: [] }, 'data: must be an object'],
    [{ data: 'text' }, 'data: must be an object'],
    [{ metadata: new Map() }, 'metadata: must be an object'],
    [{ data: { a: { b: [1, Infinity] } } }, 'data.a.b.1: is not a finite number'],
    [{ data: { f: () => 1 } }, 'data.f: is not a JSON value'],
    [{ data: { n: 1n } }, 'data.n: is not a JSON value'],
    [{ metadata: { when: new Date(0) } }, 'metadata.when: is not a JSON value'],
  ])('with %p is refused at its field', (fields, expected) => {
    expect(refused(fields)).toBe(expected);
  });

  it('counts lengths in UTF-16 units', () => {
    expect(accepted({ agent_id: '😀'.repeat(128) }).agentId).toHaveLength(256);
    expect(refused({ agent_id: `${'😀'.repeat(128)}x` })).toBe('agent_id: must have 1 to 256 characters');
  });
});

describe('an event type', () => {
  it.each(['PRE_X', 'a', 'user.said-hello_1', 'pre_x', 'prefix', 'pre', `p${'x'.repeat(127)}`])(
    'may be %s',
    (type) => {
      expect(accepted({ event_type: type }).eventType).toBe(type.toLowerCase());
    },
  );

  it.each(['', '1a', '_a', 'a b', 'é', 'a\n', `p${'x'.repeat(128)}`])('may not be %j', (type) => {
    expect(refused({ event_type: type })).toMatch(/^event_type: must begin with a letter/);
  });

  it.each(['pre_', 'post_', 'POST_'])('may not be %s alone', (type) => {
    expect(refused({ event_type: type })).toBe('event_type: must name a kind after its prefix');
  });
});

describe('service and call ids', () => {
  it('come from metadata where the fields are absent', () => {
    const metadata = { service_name: 's', call_id: 'c', parent_call_id: 'p' };
    expect(accepted({ metadata })).toMatchObject({
      serviceName: 's',
      callId: 'c',
      parentCallId: 'p',
      metadata,
    });
    expect(accepted({ metadata, service_name: 'S', call_id: 'C', parent_call_id: 'P' })).toMatchObject({
      serviceName: 'S',
      callId: 'C',
      parentCallId: 'P',
    });
  });

  it.each(['', 7, null, 'x'.repeat(257), ['s'], {}])('ignore %p there', (value) => {
    const event = accepted({ metadata: { service_name: value, call_id: value, parent_call_id: value } });
    expect(event.serviceName).toBeUndefined();
    expect(event.callId).toBeUndefined();
    expect(event.parentCallId).toBeUndefined();
    expect(event.metadata).toEqual({ service_name: value, call_id: value, parent_call_id: value });
  });
});

describe('a result', () => {
  const post = (result: unknown) => ({ event_type: 'post_x', result });

  it('is refused on a PRE and taken on a point event', () => {
    expect(refused({ result: { success: true } })).toMatch(/^result: is refused on a pre_ event/);
    expect(accepted({ event_type: 'point', result: { success: true } }).result).toEqual({ success: true });
  });

  it.each([
    ['text', 'result: must be an object'],
    [[], 'result: must be an object'],
    [{}, 'result.success: is required'],
    [{ success: 'yes' }, 'result.success: must be a boolean'],
    [{ success: false }, 'result.error: is required where success is false'],
    [{ success: false, error: null }, 'result.error: is required where success is false'],
    [{ success: false, error: {} }, 'result.error: must be a string'],
    [{ success: true, error: 1 }, 'result.error: must be a string'],
    [{ success: true, error_type: 1 }, 'result.error_type: must be a string'],
    [{ success: true, stack: [] }, 'result.stack: must be a string'],
    [{ success: true, duration_ms: '1' }, 'result.duration_ms: must be a finite number'],
    [{ success: true, duration_ms: Infinity }, 'result.duration_ms: must be a finite number'],
    [{ success: true, data: [] }, 'result.data: must be an object'],
    [{ success: true, data: { a: NaN } }, 'result.data.a: is not a finite number'],
  ])('%p is refused at its field', (result, expected) => {
    expect(refused(post(result))).toBe(expected);
  });

  it('may have an empty error', () => {
    expect(accepted(post({ success: false, error: '' })).result).toEqual({ success: false, error: '' });
  });

  it('has its data merged after the own fields of the event, which win', () => {
    const event = accepted({
      ...post({ success: true, data: { b: 9, c: 3, n: 1 } }),
      data: { a: 1, b: 2, n: null },
    });
    expect(Object.entries(event.data)).toEqual([
      ['a', 1],
      ['b', 2],
      ['n', null],
      ['c', 3],
    ]);
    expect(event.result).toEqual({ success: true });
  });
});
