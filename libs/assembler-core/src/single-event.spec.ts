import { describe, expect, it } from '@jest/globals';
import { createPartition, defaultSettings, spanOfEvent } from './index.js';
import type { Step } from './testing/folding.js';
import { callIdOf, fold, idOf, ns, point, post, pre, recordsOf, sha256, tool } from './testing/folding.js';

const spanOf = (step: Step) =>
  spanOfEvent(createPartition(defaultSettings, sha256), recordsOf([step])[0]!.event!);

describe('the span of one event', () => {
  it("is what the fold makes of it, but for the interval and what the operation's end computes", () => {
    const begin = pre('tool_use', { t: 5, call: 'c', parentCall: 'p', id: 'x', ...tool('search') });
    const alone = spanOf(begin);
    const { span } = fold([begin, post('tool_use', { t: 9, call: 'c' })]);
    const folded = span('pre_tool_use:search');
    expect(alone).toEqual({ ...folded, end: ns(5) + 1n });
    expect(alone).toMatchObject({ spanId: callIdOf('c'), parentSpanId: callIdOf('p'), kind: 'internal' });
  });

  it('bears the status of its own result, and its own event id where it begins nothing', () => {
    const failed = { success: false, error: 'no', errorType: 'E' } as const;
    const ended = spanOf(post('llm_call', { t: 5, id: 'y', call: 'c', result: failed }));
    expect(ended).toMatchObject({
      name: 'post_llm_call',
      kind: 'client',
      spanId: idOf('y'),
      status: { code: 'error', message: 'no' },
    });
    expect(ended.events.map(({ name }) => name)).toEqual(['exception']);
    expect(spanOf(point('note', { t: 5 }))).toMatchObject({ name: 'note', status: { code: 'unset' } });
  });
});
