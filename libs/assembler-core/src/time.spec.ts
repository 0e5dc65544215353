import { describe, expect, it } from '@jest/globals';
import { nextDeadline, partitionSize, unaccountedEvents } from './index.js';
import { attribute, callIdOf, fold, idOf, ns, point, post, pre, tick, tool } from './testing/folding.js';

const grace = 30_000;
const week = 7 * 24 * 3600 * 1000;

describe('an interval', () => {
  it('goes from PRE to POST on both spans, and duration_ms is a double', () => {
    const { span } = fold([pre('tool_use', { t: 10 }), post('tool_use', { t: 12.5 })]);
    for (const name of ['pre_tool_use', 'post_tool_use']) {
      expect([span(name).start, span(name).end]).toEqual([ns(10), ns(12.5)]);
    }
    expect(attribute(span('post_tool_use'), 'duration_ms')).toEqual({ double: 2.5 });
    expect(attribute(span('pre_tool_use'), 'duration_ms')).toBeUndefined();
  });
  it('of 30 hours is exact', () => {
    const { span } = fold([
      pre('tool_use', { t: 1.001, at: 0 }),
      post('tool_use', { t: 108_000_001.002, at: 108_000_000 }),
    ]);
    expect(attribute(span('post_tool_use'), 'duration_ms')).toEqual({ double: 108_000_000.001 });
  });
  it('of no length ends 1 ns after its start and lasts 0 ms', () => {
    const { span } = fold([pre('tool_use', { t: 10 }), post('tool_use', { t: 10 }), point('note', { t: 3 })]);
    expect([span('post_tool_use').start, span('post_tool_use').end]).toEqual([ns(10), ns(10) + 1n]);
    expect(attribute(span('post_tool_use'), 'duration_ms')).toEqual({ double: 0 });
    expect([span('note').start, span('note').end]).toEqual([ns(3), ns(3) + 1n]);
  });
  it('whose POST is earlier than its PRE has no length, and the skew is on both spans', () => {
    const { spans, counts } = fold([pre('tool_use', { t: 10 }), post('tool_use', { t: 8.5 })]);
    for (const span of spans) {
      expect([span.start, span.end]).toEqual([ns(10), ns(10) + 1n]);
      expect(attribute(span, 'kaizen.clock_skew_ms')).toEqual({ double: 1.5 });
    }
    expect(attribute(spans[1]!, 'duration_ms')).toEqual({ double: 0 });
    expect(counts.clockSkews).toBe(1);
  });
});

describe('a POST without an operation', () => {
  it('is taken by a PRE that comes within the grace', () => {
    const { names, span, counts } = fold([
      post('tool_use', { id: 'q', t: 9, at: 0, ...tool('x') }),
      pre('tool_use', { id: 'p', t: 4, at: grace - 1, ...tool('x') }),
    ]);
    expect(names).toEqual(['pre_tool_use:x', 'post_tool_use:x']);
    expect([span('pre_tool_use:x').start, span('pre_tool_use:x').end]).toEqual([ns(4), ns(9)]);
    expect(span('post_tool_use:x').parentSpanId).toBe(idOf('p'));
    expect(counts).toMatchObject({ held: 1, heldTaken: 1, paired: 1, orphans: 0 });
  });
  it('is an orphan where its grace ends at the very record of the PRE', () => {
    const { names } = fold([post('tool_use', { t: 9, at: 0 }), pre('tool_use', { t: 4, at: grace })]);
    expect(names).toEqual(['post_tool_use']);
  });
  it('is not taken by a PRE of a later timestamp', () => {
    expect(fold([post('tool_use', { t: 9 }), pre('tool_use', { t: 9.001 })]).names).toEqual([]);
    expect(fold([post('tool_use', { t: 9 }), pre('tool_use', { t: 9 })]).names).toHaveLength(2);
  });
  it('is taken by the same call_id first, then by its own agent, then the oldest', () => {
    const posts = [
      post('tool_use', { id: 'old', agent: 'b', t: 50 }),
      post('tool_use', { id: 'own', agent: 'a', t: 50 }),
      post('tool_use', { id: 'call', agent: 'b', call: 'c', t: 50 }),
    ];
    const { spans } = fold([
      ...posts,
      pre('tool_use', { agent: 'a', call: 'c', t: 1 }),
      pre('tool_use', { agent: 'a', t: 2 }),
      pre('tool_use', { agent: 'a', t: 3 }),
    ]);
    const taken = spans.filter((span) => span.name.startsWith('post')).map((span) => span.spanId);
    expect(taken).toEqual([idOf('call'), idOf('own'), idOf('old')]);
  });
  it('is taken only by a PRE that it could have closed', () => {
    const held = (told: object, kind = 'tool_use') => post(kind, { t: 50, ...told });
    const taken = (told: object, by: object): boolean =>
      fold([held(told), pre('tool_use', { t: 1, ...by })]).spans.length > 0;
    expect(taken({ call: 'c' }, {})).toBe(false);
    expect(taken({ call: 'c' }, { call: 'd' })).toBe(false);
    expect(taken({ call: 'c', ...tool('x') }, { call: 'c', ...tool('y') })).toBe(true);
    expect(taken({}, { call: 'c' })).toBe(true);
    expect(taken(tool('x'), tool('y'))).toBe(false);
    expect(taken(tool('x'), {})).toBe(true);
    expect(taken({}, tool('y'))).toBe(true);
    expect(fold([held({}, 'llm_call'), pre('tool_use', { t: 1 })]).spans).toEqual([]);
  });
  it('becomes a span of its own: orphan, status as given, as long as it says, parent by its place in the log', () => {
    const { span, counts } = fold([
      pre('agent_loop', { id: 'root', at: 0 }),
      post('tool_use', {
        t: 100,
        at: 0,
        result: { success: false, error: 'x', durationMs: 2.5 },
        ...tool('x'),
      }),
      post('agent_loop', { at: 0 }),
      tick(grace),
    ]);
    const orphan = span('post_tool_use:x');
    expect([orphan.start, orphan.end]).toEqual([ns(97.5), ns(100)]);
    expect(attribute(orphan, 'kaizen.orphan')).toBe(true);
    expect(attribute(orphan, 'duration_ms')).toEqual({ double: 2.5 });
    expect(orphan.status).toEqual({ code: 'error', message: 'x' });
    expect(orphan.events).toHaveLength(1);
    expect(orphan.parentSpanId).toBe(idOf('root'));
    expect(counts.orphans).toBe(1);
  });
  it.each<[object, number]>([
    [{ data: { duration_ms: 4 } }, 4],
    [{ data: { duration_ms: 4 }, result: { success: true, durationMs: 3 } }, 3],
    [{ data: { duration_ms: -4 } }, 0],
    [{ data: { duration_ms: '4' } }, 0],
    [{}, 0],
  ])('lasts as %j says', (told, ms) => {
    const { span } = fold([post('tool_use', { t: 100, at: 0, ...told }), tick(grace)]);
    expect(attribute(span('post_tool_use'), 'duration_ms')).toEqual({ double: ms });
    expect(span('post_tool_use').start).toBe(ns(100 - ms));
  });
  it('never begins before the epoch', () => {
    const { span } = fold([post('tool_use', { t: 1, at: 0, data: { duration_ms: 1e300 } }), tick(grace)]);
    expect([span('post_tool_use').start, span('post_tool_use').end]).toEqual([0n, ns(1)]);
  });
});

describe('a repeated event id', () => {
  it('is dropped and counted, whatever the event', () => {
    const { counts, spans } = fold([
      pre('tool_use', { id: 'e' }),
      post('tool_use', { id: 'e' }),
      point('x', { id: 'e' }),
    ]);
    expect(spans).toEqual([]);
    expect(counts.duplicates).toBe(2);
  });
  it('is an event of its own in another trace', () => {
    expect(fold([point('x', { id: 'e' }), point('x', { id: 'e', trace: 'other' })]).spans).toHaveLength(2);
  });
  it('is recognised among the last 256 and those of open operations', () => {
    const notes = Array.from({ length: 256 }, () => point('note'));
    const repeats = [pre('tool_use', { id: 'open' }), point('x', { id: 'gone' }), ...notes];
    const { counts } = fold([...repeats, pre('tool_use', { id: 'open' }), point('x', { id: 'gone' })]);
    expect(counts.duplicates).toBe(1);
    expect(
      fold([point('x', { id: 'kept' }), ...notes.slice(1), point('x', { id: 'kept' })]).counts.duplicates,
    ).toBe(1);
  });
  it('of a held POST is recognised however many came since', () => {
    const notes = Array.from({ length: 300 }, () => point('note'));
    expect(
      fold([post('tool_use', { id: 'h' }), ...notes, post('tool_use', { id: 'h' })]).counts.duplicates,
    ).toBe(1);
  });
  it('keeps its trace in memory, as any record of it does', () => {
    const steps = [
      point('x', { id: 'e', at: 0 }),
      point('x', { id: 'e', at: 20_000 }),
      point('x', { id: 'e', at: 40_000 }),
    ];
    expect(fold(steps).counts.duplicates).toBe(2);
  });
  it('is no longer recognised once the trace is forgotten', () => {
    const { counts, spans } = fold([point('x', { id: 'e', at: 0 }), point('x', { id: 'e', at: grace })]);
    expect([counts.duplicates, spans.length, counts.tracesForgotten]).toEqual([0, 2, 1]);
  });
});

describe('a PRE whose POST does not come', () => {
  it('is abandoned after the open TTL, ending at the greatest timestamp seen in its trace', () => {
    const { span, counts } = fold([
      pre('tool_use', { t: 5, at: 0, ...tool('x') }),
      point('note', { t: 900, at: 1 }),
      point('note', { t: 80, at: 2 }),
      point('elsewhere', { trace: 'other', t: 5000, at: 3 }),
      tick(week),
    ]);
    const given = span('pre_tool_use:x');
    expect([given.start, given.end]).toEqual([ns(5), ns(900)]);
    expect(attribute(given, 'kaizen.abandoned')).toBe(true);
    expect(given.status).toEqual({ code: 'error', message: 'no POST event' });
    expect(given.events).toEqual([]);
    expect(counts.abandoned).toBe(1);
  });
  it('is still open one millisecond before', () => {
    expect(fold([pre('tool_use', { at: 0 }), tick(week - 1)]).spans).toEqual([]);
  });
  it('ends 1 ns after its start where nothing later was seen', () => {
    const { span } = fold([pre('tool_use', { t: 5, at: 0 }), tick(week)]);
    expect([span('pre_tool_use').start, span('pre_tool_use').end]).toEqual([ns(5), ns(5) + 1n]);
  });
  it('leaves a later POST an orphan', () => {
    const { names } = fold([pre('tool_use', { at: 0 }), post('tool_use', { at: week }), tick(week + grace)]);
    expect(names).toEqual(['pre_tool_use', 'post_tool_use']);
  });
  it('counts its time from the append time of its record, whatever the agents say', () => {
    expect(fold([pre('tool_use', { t: 0, at: 100 }), point('x', { t: 9e9, at: 101 })]).counts.abandoned).toBe(
      0,
    );
  });
});

describe('deadlines', () => {
  it('fire in the order of deadline, then offset, before the record is folded', () => {
    const { names } = fold([
      post('late_kind', { at: 20 }),
      post('b', { at: 10, trace: 't2' }),
      post('a', { at: 10, trace: 't1' }),
      point('now', { at: grace + 100 }),
    ]);
    expect(names).toEqual(['post_b', 'post_a', 'post_late_kind', 'now']);
  });
  it('count from their own record where the log goes back in time', () => {
    const { state, names } = fold([tick(50_000), post('tool_use', { at: 10_000 })]);
    expect([nextDeadline(state), names]).toEqual([40_000, []]);
    expect(fold([tick(50_000), post('tool_use', { at: 10_000 }), tick(0)]).names).toEqual(['post_tool_use']);
  });
  it('are told, the next first, until nothing is remembered', () => {
    expect(nextDeadline(fold([pre('tool_use', { at: 0 })]).state)).toBe(week);
    expect(nextDeadline(fold([pre('tool_use', { at: 0 }), post('tool_use', { at: 5 })]).state)).toBe(
      5 + grace,
    );
    expect(
      nextDeadline(fold([pre('tool_use', { at: 0 }), post('tool_use', { at: 5 }), tick(5 + grace)]).state),
    ).toBeUndefined();
  });
});

describe('a trace', () => {
  it('keeps children open when their root ends: they end by their own POST', () => {
    const { span } = fold([
      pre('agent_loop', { id: 'root', t: 0 }),
      pre('tool_use', { t: 1, ...tool('x') }),
      post('agent_loop', { t: 2 }),
      post('tool_use', { t: 9, ...tool('x') }),
    ]);
    expect(span('pre_tool_use:x').end).toBe(ns(9));
    expect(span('pre_tool_use:x').parentSpanId).toBe(idOf('root'));
  });
  it('of a loop with three tool calls is eight spans', () => {
    const calls = ['x', 'y', 'z'].flatMap((name) => [
      pre('tool_use', tool(name)),
      post('tool_use', tool(name)),
    ]);
    const { spans, counts } = fold([pre('agent_loop'), ...calls, post('agent_loop')]);
    expect(spans).toHaveLength(8);
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
    expect(unaccountedEvents(counts)).toBe(0);
  });
  it('has at most the set number of open operations: the oldest is abandoned', () => {
    const { span, counts, spans } = fold(
      [pre('agent_loop', { t: 1 }), pre('llm_call', { t: 2 }), pre('llm_call', { id: 'third', t: 30 })],
      { maxOpenOperations: 2 },
    );
    expect(spans).toHaveLength(1);
    expect(span('pre_agent_loop').status).toEqual({ code: 'error', message: 'too many open operations' });
    expect(attribute(span('pre_agent_loop'), 'kaizen.abandoned')).toBe(true);
    expect(span('pre_agent_loop').end).toBe(ns(30));
    expect(counts).toMatchObject({ abandoned: 1, crowdedOut: 1, opened: 3 });
  });
  it('has room for 10,000 open operations, and the oldest goes when another opens', () => {
    const opened = Array.from({ length: 10_000 }, (_, n) => pre('tool_use', { call: `c${n}` }));
    expect(fold(opened).spans).toEqual([]);
    const { spans, state } = fold([...opened, pre('tool_use', { call: 'last' })]);
    expect(spans.map((span) => span.spanId)).toEqual([callIdOf('c0')]);
    expect(partitionSize(state)).toEqual({ traces: 1, open: 10_000, held: 0 });
  });
  it('is remembered while anything is open or held, and forgotten a grace after its last record', () => {
    expect(partitionSize(fold([pre('tool_use', { at: 0 }), tick(week - 1)]).state).traces).toBe(1);
    expect(partitionSize(fold([post('tool_use', { at: 0 }), tick(grace - 1)]).state).traces).toBe(1);
    expect(partitionSize(fold([post('tool_use', { at: 0 }), tick(grace)]).state).traces).toBe(0);
    expect(partitionSize(fold([pre('tool_use', { at: 0 }), tick(week)]).state).traces).toBe(0);
    expect(
      partitionSize(fold([point('x', { at: 0 }), point('x', { at: 20_000 }), tick(49_999)]).state).traces,
    ).toBe(1);
    expect(
      partitionSize(fold([point('x', { at: 0 }), point('x', { at: 20_000 }), tick(50_000)]).state).traces,
    ).toBe(0);
  });
});

describe('the filter', () => {
  it('makes events of other types as if absent: they keep no trace alive and show no timestamp', () => {
    const { names, counts, span } = fold(
      [
        pre('agent_loop', { t: 0, at: 0 }),
        pre('tool_use', { t: 50, at: 1 }),
        post('tool_use', { t: 60, at: 2 }),
        point('note', { t: 70, at: 3 }),
        tick(week),
      ],
      { eventsToTrace: ['pre_agent_loop', 'post_agent_loop'] },
    );
    expect(names).toEqual(['pre_agent_loop']);
    expect(span('pre_agent_loop').end).toBe(1n);
    expect(counts.filtered).toBe(3);
  });
});
