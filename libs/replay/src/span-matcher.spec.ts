import { describe, expect, it } from '@jest/globals';
import type { Difference } from './lists.js';
import { type ComputedSpan, type LiveSpan, type MatcherOptions, SpanMatcher } from './span-matcher.js';

const ids = (nth: number) => ({ key: `k${nth}`, traceId: 't', spanId: `s${nth}`, name: `span ${nth}` });

const computed = (nth: number, more: Partial<ComputedSpan> = {}): ComputedSpan => ({
  ...ids(nth),
  hashes: [`h${nth}`],
  required: true,
  offset: BigInt(nth),
  time: nth,
  ...more,
});

const live = (nth: number, more: Partial<LiveSpan> = {}): LiveSpan => ({
  ...ids(nth),
  hash: `h${nth}`,
  spanOffset: BigInt(nth),
  time: nth,
  ...more,
});

const upTo = (count: number, from = 0): readonly number[] =>
  Array.from({ length: count - from }, (_, at) => from + at);

/** Feeds both streams as a verification does: the topic is read while the matcher wants more of it. */
const compare = (
  fold: readonly ComputedSpan[],
  topic: readonly LiveSpan[],
  options: Partial<MatcherOptions> = {},
): { readonly found: readonly string[]; readonly matcher: SpanMatcher; readonly most: number } => {
  const found: Difference[] = [];
  const settings = { partition: 0, window: 8, liveBeginningGone: false, fromFirst: true, toLast: true };
  const matcher = new SpanMatcher({ ...settings, ...options }, (difference) => void found.push(difference));
  const rest = [...topic];
  let most = 0;
  for (const span of fold) {
    matcher.offerComputed(span);
    while (rest.length > 0 && matcher.wantsLive()) matcher.offerLive(rest.shift()!);
    most = Math.max(most, matcher.waiting);
  }
  matcher.endComputed();
  for (const span of rest) matcher.offerLive(span);
  matcher.finish();
  return { found: found.map(({ difference, spanId }) => `${difference} ${spanId}`), matcher, most };
};

describe('the comparison of two streams of spans', () => {
  it('finds equal streams equal, in whatever order a message holds them', () => {
    const shuffled = upTo(40).map((nth) => live(nth ^ 3));
    const { found, matcher } = compare(
      upTo(40).map((nth) => computed(nth)),
      shuffled,
    );
    expect(found).toEqual([]);
    expect(matcher.matched).toBe(40);
  });

  it('tells other bytes, what is missing, what is too many and what comes twice', () => {
    const topic = [live(0), live(1, { hash: 'other' }), live(3), live(3), live(77), live(4)];
    const { found } = compare(
      upTo(5).map((nth) => computed(nth)),
      topic,
    );
    expect([...found].sort()).toEqual(['different s1', 'extra s3', 'extra s77', 'missing s2']);
  });

  it('takes a span that the log gives again, after its trace was forgotten, for as often as the log gives it', () => {
    const again = [...upTo(4), ...upTo(4)];
    const fold = again.map((nth) => computed(nth));
    const topic = again.map((nth) => live(nth));
    const early = compare(fold, topic);
    expect(early.found).toEqual([]);
    expect(early.matcher.matched).toBe(8);
    expect(compare(fold, topic.slice(0, 7)).found).toEqual(['missing s3']);
    expect(compare(fold, [...topic, live(2)]).found).toEqual(['extra s2']);
    // Both sides wait before either finds its counterpart.
    const settings = { partition: 0, window: 8, liveBeginningGone: false, fromFirst: true, toLast: true };
    const matcher = new SpanMatcher(settings, ({ difference }) => expect(difference).toBe('none'));
    for (const span of fold) matcher.offerComputed(span);
    for (const span of topic) matcher.offerLive(span);
    expect([matcher.waiting, matcher.matched]).toEqual([0, 8]);
  });

  it('keeps no more than a window of each, however much is missing or too many', () => {
    const lost = compare(
      upTo(500).map((nth) => computed(nth)),
      upTo(500, 400).map((nth) => live(nth)),
    );
    expect(lost.found).toEqual(upTo(400).map((nth) => `missing s${nth}`));
    const more = compare(
      upTo(500, 400).map((nth) => computed(nth)),
      upTo(500).map((nth) => live(nth)),
    );
    expect(more.found).toEqual(upTo(400).map((nth) => `extra s${nth}`));
    expect(Math.max(lost.most, more.most)).toBeLessThanOrEqual(17);
  });

  it('takes what retention has removed from the topic for no difference, but what is lost later for one', () => {
    const topic = upTo(60, 30).filter((nth) => nth !== 45);
    const { found, matcher } = compare(
      upTo(60).map((nth) => computed(nth)),
      topic.map((nth) => live(nth)),
      { liveBeginningGone: true, fromFirst: false },
    );
    expect(found).toEqual(['missing s45']);
    expect(matcher.gone).toBe(30);
  });

  it('passes over what the topic holds from before and after the range', () => {
    const fold = upTo(40).map((nth) => computed(nth, { required: nth >= 15 && nth < 25 }));
    const topic = upTo(60)
      .map((nth) => live(nth, nth === 3 ? { hash: 'other' } : {}))
      .concat(live(99));
    const { found, matcher } = compare(fold, topic, { fromFirst: false, toLast: false });
    expect(found).toEqual([]);
    expect(matcher.matched).toBe(10);
  });

  it('lets a span look as any of the kept settings gives it', () => {
    const fold = [computed(0, { hashes: ['old', 'h0'] }), computed(1, { hashes: ['old', 'new'] })];
    expect(compare(fold, [live(0), live(1)]).found).toEqual(['different s1']);
  });
});
