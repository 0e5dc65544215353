import { describe, expect, it } from '@jest/globals';
import type { HookResult } from '../hooks/hook-result.js';
import { addUp, event, indexes, publishingFixture } from '../testing/publishing-fixture.js';

const at = publishingFixture();

/** A port on which nothing listens. */
const deadUrl = 'http://127.0.0.1:9';

describe('a full buffer', () => {
  const large = (index: number) => ({ ...event(index), data: { index, text: 'x'.repeat(10_000) } });
  const smallest = { bufferBytes: 2 * 1024 ** 2 };

  it('gives up the oldest by drop-oldest, and counts them', async () => {
    await at.gateway.goAway();
    const { hook, publisher } = at.published(smallest);
    for (let index = 0; index < 1000; index += 1)
      expect(hook.handle(large(index))).toMatchObject({ success: true });
    const full = publisher.stats();
    expect(full.dropped).toBeGreaterThan(700);
    expect(full.bufferedBytes).toBeLessThanOrEqual(smallest.bufferBytes);
    addUp(full);
    await at.gateway.comeBack();
    expect(await publisher.flush(20)).toBe(true);
    const stats = publisher.stats();
    addUp(stats);
    expect(stats.buffered).toBe(0);
    const events = indexes(await at.gateway.events());
    expect(events).toHaveLength(stats.delivered);
    expect(events.at(-1)).toBe(999);
  }, 30_000);

  it('has calls wait for room by block, no longer than told, in order', async () => {
    await at.gateway.goAway();
    const { hook, publisher } = at.published({ ...smallest, overflow: 'block', blockTimeoutMs: 300 });
    let index = 0;
    let answer: HookResult | Promise<HookResult>;
    do answer = hook.handle(large(index++));
    while (!(answer instanceof Promise));
    const began = performance.now();
    expect(await answer).toMatchObject({ success: false, data: { reason: 'full' } });
    expect(performance.now() - began).toBeGreaterThan(250);
    expect(performance.now() - began).toBeLessThan(2000);
    const stats = publisher.stats();
    expect(stats).toMatchObject({ accepted: index - 1, dropped: 0, blocked: 1, rejected: { full: 1 } });
    await at.gateway.comeBack();
    expect(await publisher.flush(20)).toBe(true);
    expect(indexes(await at.gateway.events())).toEqual(
      Array.from({ length: index - 1 }, (_, place) => place),
    );
  }, 30_000);

  it('takes those that waited, first come first served, when there is room again', async () => {
    await at.gateway.goAway();
    const { hook, publisher } = at.published({ ...smallest, overflow: 'block', blockTimeoutMs: 20_000 });
    const answers: (HookResult | Promise<HookResult>)[] = [];
    for (let index = 0; index < 240; index += 1) answers.push(hook.handle(large(index)));
    expect(answers.at(-1)).toBeInstanceOf(Promise);
    await at.gateway.comeBack();
    const results = await Promise.all(answers.map((each) => Promise.resolve(each)));
    expect(results.filter(({ success }) => !success)).toHaveLength(publisher.stats().rejected.full);
    expect(await publisher.flush(20)).toBe(true);
    const events = indexes(await at.gateway.events());
    expect(events).toEqual([...events].sort((a, b) => a - b));
    expect(events).toHaveLength(publisher.stats().accepted);
  }, 30_000);

  it('delivers those too that find room while it is being closed, and sends the rest away', async () => {
    await at.gateway.goAway();
    const { hook, publisher } = at.published({ ...smallest, overflow: 'block', blockTimeoutMs: 20_000 });
    const answers: (HookResult | Promise<HookResult>)[] = [];
    for (let index = 0; index < 240; index += 1) answers.push(hook.handle(large(index)));
    expect(answers.at(-1)).toBeInstanceOf(Promise);
    await at.gateway.comeBack();
    expect(await publisher.close(20)).toBe(true);
    const results = await Promise.all(answers.map((each) => Promise.resolve(each)));
    const taken = results.flatMap(({ success }, index) => (success ? [index] : []));
    expect(indexes(await at.gateway.events())).toEqual(taken);
    const sentAway = at.published({ ...smallest, url: deadUrl, overflow: 'block', blockTimeoutMs: 20_000 });
    let answer: HookResult | Promise<HookResult>;
    do answer = sentAway.hook.handle(large(0));
    while (!(answer instanceof Promise));
    expect(await sentAway.publisher.close(0)).toBe(false);
    expect(await answer).toMatchObject({ success: false, data: { reason: 'closed' } });
  }, 30_000);

  it('refuses by spool once the disk’s share is used up', () => {
    const maxBytes = 8 * 1024 ** 2;
    const { hook, publisher } = at.published({
      url: deadUrl,
      overflow: 'spool',
      spool: { directory: at.folder, maxBytes },
    });
    const results = Array.from({ length: 1000 }, (_, index) => hook.handle(large(index)) as HookResult);
    const refused = results.filter(({ success }) => !success);
    expect(refused.length).toBeGreaterThan(100);
    const stats = publisher.stats();
    expect(stats.rejected.full).toBe(refused.length);
    expect(stats.spooledBytes).toBeLessThanOrEqual(maxBytes);
    expect(at.problems.filter((each) => each.includes('full'))).toHaveLength(1);
  });

  it('refuses where the spool cannot be written, and says so once', () => {
    const { hook, publisher } = at.published({
      overflow: 'spool',
      spool: { directory: '/proc/no-such-place' },
    });
    for (let index = 0; index < 10; index += 1)
      expect(hook.handle(event(index))).toMatchObject({ success: false, data: { reason: 'unwritable' } });
    expect(publisher.stats().rejected.unwritable).toBe(10);
    expect(at.problems).toHaveLength(1);
  });
});
