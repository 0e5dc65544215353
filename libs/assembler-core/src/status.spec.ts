import { describe, expect, it } from '@jest/globals';
import type { Fields, HookResult } from '@kaizen-trace/contracts';
import { fold, ns, point, post, pre } from './testing/folding.js';

const ended = (told: { data?: Fields; result?: HookResult }) => {
  const { spans } = fold([pre('tool_use', { t: 0 }), post('tool_use', { t: 5, ...told })]);
  return spans;
};
const exception = (type: string, message: string, stack?: string) => ({
  name: 'exception',
  time: ns(5),
  attributes: [
    ['exception.type', type],
    ['exception.message', message],
    ...(stack === undefined ? [] : [['exception.stacktrace', stack]]),
  ],
  droppedAttributes: 0,
});

describe('the status, on PRE span and POST span alike,', () => {
  it('is OK for success', () => {
    for (const span of ended({ result: { success: true }, data: { error: 'ignored' } })) {
      expect(span.status).toEqual({ code: 'ok' });
      expect(span.events).toEqual([]);
    }
  });
  it("is ERROR with the result's error, and an exception event at the POST's timestamp", () => {
    for (const span of ended({
      result: { success: false, error: 'boom', errorType: 'TypeError', stack: 'at x' },
    })) {
      expect(span.status).toEqual({ code: 'error', message: 'boom' });
      expect(span.events).toEqual([exception('TypeError', 'boom', 'at x')]);
    }
  });
  it('says `Hook execution failed` for an empty error, and Error for a type that is not given', () => {
    for (const span of ended({ result: { success: false, error: '' } })) {
      expect(span.status).toEqual({ code: 'error', message: 'Hook execution failed' });
      expect(span.events).toEqual([exception('Error', 'Hook execution failed')]);
    }
  });
  it.each<[string, Fields, ReturnType<typeof exception>]>([
    ['data.error as text', { error: 'bad' }, exception('Error', 'bad')],
    ['data.error as an object', { error: { type: 'T', message: 'm', stack: 's' } }, exception('T', 'm', 's')],
    [
      'data.error as an object of other things',
      { error: { code: 7 } },
      exception('Error', 'Hook execution failed'),
    ],
    ['data.success false', { success: false }, exception('Error', 'Hook execution failed')],
    [
      'data.success false beside an empty error',
      { success: false, error: '' },
      exception('Error', 'Hook execution failed'),
    ],
  ])('without a result is ERROR by %s', (_, data, event) => {
    for (const span of ended({ data })) {
      expect(span.status.code).toBe('error');
      expect(span.events).toEqual([event]);
    }
  });
  it.each<[Fields]>([
    [{}],
    [{ error: '' }],
    [{ error: null }],
    [{ error: 7 }],
    [{ error: ['x'] }],
    [{ success: true }],
    [{ success: 'false' }],
  ])('without a result and with data %j is UNSET', (data) => {
    for (const span of ended({ data })) expect([span.status, span.events]).toEqual([{ code: 'unset' }, []]);
  });
  it("is never set by a PRE's own data", () => {
    const { spans } = fold([pre('tool_use', { data: { error: 'x', success: false } }), post('tool_use')]);
    expect(spans.map((span) => span.status.code)).toEqual(['unset', 'unset']);
  });
  it('cuts message and exception texts', () => {
    const result = { success: false, error: 'abcdef', errorType: 'abcdef', stack: 'abcdef' };
    const { spans } = fold([pre('tool_use', { t: 0 }), post('tool_use', { t: 5, result })], {
      maxStringLength: 3,
    });
    expect(spans[0]?.status).toEqual({ code: 'error', message: 'abc' });
    expect(spans[0]?.events).toEqual([exception('abc', 'abc', 'abc')]);
  });
});

describe('the status of a point event', () => {
  it('is that of its result', () => {
    expect(fold([point('note', { result: { success: true } })]).span('note').status).toEqual({ code: 'ok' });
    const failed = fold([point('note', { t: 5, result: { success: false, error: 'x' } })]).span('note');
    expect(failed.status).toEqual({ code: 'error', message: 'x' });
    expect(failed.events).toEqual([exception('Error', 'x')]);
  });
  it('is UNSET without a result, whatever its data says', () => {
    expect(fold([point('note', { data: { error: 'x', success: false } })]).span('note').status).toEqual({
      code: 'unset',
    });
  });
});
