import { describe, expect, it } from '@jest/globals';
import { callIdOf, fold, idOf, point, post, pre, sha256, traceId } from './testing/folding.js';
import { otelTraceId, spanIdOf } from './index.js';

describe('the OTel trace id', () => {
  it('is a UUID itself, dashes removed and lower-cased', () => {
    expect(otelTraceId(sha256, '0AF76519-16CD-43DD-8448-EB211C80319C')).toBe(
      '0af7651916cd43dd8448eb211c80319c',
    );
  });
  it('is 32 hex digits themselves, lower-cased', () => {
    expect(otelTraceId(sha256, '0AF7651916CD43DD8448EB211C80319C')).toBe('0af7651916cd43dd8448eb211c80319c');
  });
  it.each([
    'run-42',
    '0'.repeat(32),
    '00000000-0000-0000-0000-000000000000',
    '0af7651916cd43dd8448eb211c80319',
    '0af7-651916cd43dd-8448-eb211c80319cab',
    ' 0af7651916cd43dd8448eb211c80319c',
    'zaf7651916cd43dd8448eb211c80319c',
    'Größe 🙂',
  ])('is the first 16 bytes of the hash of %j', (id) => {
    expect(otelTraceId(sha256, id)).toBe(sha256(id).slice(0, 32));
  });
});

describe('the OTel span id', () => {
  it('is the next 8 bytes where the first are all zero', () => {
    const zeroFirst = (): string => '0'.repeat(16) + 'ab'.repeat(24);
    expect(spanIdOf(zeroFirst, 't', 'e')).toBe('ab'.repeat(8));
  });
  it('of a PRE is known from its call_id, else from its event_id; of a POST and a point event from its event_id', () => {
    const { span } = fold([
      pre('tool_use', { id: 'p1', call: 'c1' }),
      post('tool_use', { id: 'q1', call: 'c1' }),
      pre('agent_loop', { id: 'p2' }),
      post('agent_loop', { id: 'q2' }),
      point('note', { id: 'n1' }),
    ]);
    expect(span('pre_tool_use').spanId).toBe(callIdOf('c1'));
    expect(span('post_tool_use').spanId).toBe(idOf('q1'));
    expect(span('pre_agent_loop').spanId).toBe(idOf('p2'));
    expect(span('post_agent_loop').spanId).toBe(idOf('q2'));
    expect(span('note').spanId).toBe(idOf('n1'));
  });
  it('tells traces apart by the string as sent, even where they show under one OTel id', () => {
    const upper = traceId.toUpperCase();
    const { spans } = fold([point('note', { id: 'n' }), point('note', { id: 'n', trace: upper })]);
    expect(spans.map((span) => span.spanId)).toEqual([idOf('n'), idOf('n', upper)]);
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
  });
  it('of a PRE whose call_id another PRE had is that of its event_id; it keeps the call_id for pairing and is counted', () => {
    const { spans, counts } = fold([
      pre('tool_use', { id: 'p1', call: 'c' }),
      post('tool_use', { id: 'q1', call: 'c' }),
      pre('tool_use', { id: 'p2', call: 'c' }),
      post('tool_use', { id: 'q2', call: 'c' }),
    ]);
    expect(spans.map((span) => span.spanId)).toEqual([callIdOf('c'), idOf('q1'), idOf('p2'), idOf('q2')]);
    expect(spans[3]?.parentSpanId).toBe(idOf('p2'));
    expect(counts.reusedCallIds).toBe(1);
  });
  it('of two open PREs of one call_id: the POST closes the newest', () => {
    const { spans } = fold([
      pre('tool_use', { id: 'p1', call: 'c' }),
      pre('tool_use', { id: 'p2', call: 'c' }),
      post('tool_use', { id: 'q1', call: 'c' }),
      post('tool_use', { id: 'q2', call: 'c' }),
    ]);
    expect(spans.map((span) => span.spanId)).toEqual([idOf('p2'), idOf('q1'), callIdOf('c'), idOf('q2')]);
  });
  it('counts a POST with a call_id as no PRE that used it', () => {
    const { counts } = fold([post('tool_use', { call: 'c', t: 9 }), pre('tool_use', { call: 'c', t: 1 })]);
    expect(counts.reusedCallIds).toBe(0);
  });
  it('gives a call_id its own id again once it is no longer among the last remembered', () => {
    const used = [pre('llm_call', { call: 'c1' }), post('llm_call', { call: 'c1' })];
    const others = [pre('llm_call', { call: 'c2' }), post('llm_call', { call: 'c2' })];
    const { counts } = fold([...used, ...others, pre('llm_call', { call: 'c1' })], { rememberedCallIds: 1 });
    expect(counts.reusedCallIds).toBe(0);
    const kept = fold([...used, ...others, pre('llm_call', { call: 'c1' })], { rememberedCallIds: 2 });
    expect(kept.counts.reusedCallIds).toBe(1);
  });
  it('remembers the call_ids of open operations, however long ago they opened', () => {
    const steps = [
      pre('agent_loop', { call: 'c1' }),
      pre('llm_call', { call: 'c2' }),
      pre('llm_call', { call: 'c1' }),
    ];
    expect(fold(steps, { rememberedCallIds: 1 }).counts.reusedCallIds).toBe(1);
  });
});
