import { describe, expect, it } from '@jest/globals';
import { attribute, callIdOf, fold, idOf, ns, post, pre, tick, tool } from './testing/folding.js';

const shown = { progressSpans: true };

describe('a placeholder of a running operation', () => {
  it('comes with its PRE, where the operation will stand, under an id of its own', () => {
    const { spans, names } = fold(
      [pre('agent_loop', { t: 5, call: 'loop' }), pre('tool_use', { ...tool('shell'), t: 7, call: 'c' })],
      shown,
    );
    expect(names).toEqual(['running agent_loop', 'running tool_use:shell']);
    const [, running] = spans;
    expect(running).toMatchObject({
      parentSpanId: callIdOf('loop'),
      start: ns(7),
      status: { code: 'unset' },
    });
    expect(running!.spanId).toBe(idOf(`\u001d${callIdOf('c')}`));
    expect(attribute(running!, 'kaizen.progress')).toBe(true);
    expect(attribute(running!, 'kaizen.operation_span_id')).toBe(callIdOf('c'));
  });

  it('is the same in both layouts, and changes nothing of the spans that come later', () => {
    const steps = [pre('agent_loop'), pre('tool_use'), post('tool_use'), tick(1e12)];
    for (const layout of ['events', 'operations'] as const) {
      const told = fold(steps, { ...shown, layout });
      const without = fold(steps, { layout });
      expect(told.spans.filter((span) => attribute(span, 'kaizen.progress') === undefined)).toEqual(
        without.spans,
      );
      expect(told.counts).toEqual({
        ...without.counts,
        progressSpans: 2,
        spans: without.counts.spans + 2,
      });
    }
  });

  it('is not given for an operation that a held POST ends at once, nor without the setting', () => {
    const steps = [post('tool_use', { t: 9 }), pre('tool_use', { t: 8 })];
    expect(fold(steps, shown).names).toEqual(['pre_tool_use', 'post_tool_use']);
    expect(fold([pre('tool_use')]).names).toEqual([]);
  });
});
