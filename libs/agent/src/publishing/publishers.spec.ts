import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openLiveGateway } from '../testing/live-gateway.js';
import { event, indexes, publishingFixture, put } from '../testing/publishing-fixture.js';
import type { PublisherOptions } from './options.js';
import type { Publisher } from './publisher.js';
import { embeddedLogPublisher, httpPublisher, kafkaPublisher } from './publishers.js';
import { PublishingHook } from './publishing-hook.js';

const at = publishingFixture();

describe('what a publisher is told', () => {
  it('is only the events that were asked for', async () => {
    const { publisher } = at.published();
    const hook = new PublishingHook({ publisher, eventsToPublish: ['PRE_tool_use'] });
    expect(hook.handle(event(1))).toMatchObject({ success: true });
    void hook.handle({ ...event(2), eventType: 'pre_tool_use' });
    await publisher.flush();
    expect(indexes(await at.gateway.events())).toEqual([2]);
  });

  it('is refused at construction where it is wrong, by the name of the option', () => {
    const wrong: [PublisherOptions, RegExp][] = [
      [{ bufferBytes: 5 }, /^bufferBytes: give a whole number from/],
      [{ overflow: 'other' as 'block' }, /^overflow: give one of/],
      [{ overflow: 'spool' }, /^spool\.directory:/],
      [{ spool: { directory: at.folder } }, /^spool: only of use with/],
      [{ batch: { events: 0 } }, /^batch\.events:/],
      [{ exitFlushMs: -1 }, /^exitFlushMs:/],
      [{ redact: 5 as unknown as () => never }, /^redact: give a function/],
    ];
    for (const [options, message] of wrong) expect(() => at.published(options)).toThrow(message);
    const unknown: object = { gatewayUrl: 'http://elsewhere:1' };
    expect(() => httpPublisher(unknown)).toThrow(
      /^httpPublisher: gatewayUrl does not exist; options are url, apiKey/,
    );
    expect(() => kafkaPublisher(unknown)).toThrow(/^kafkaPublisher: gatewayUrl .* brokers/);
    expect(() => embeddedLogPublisher({ directory: at.folder, ...unknown })).toThrow(TypeError);
    expect(() => at.published({ url: 'not a url' })).toThrow(/KAIZEN_GATEWAY_URL/);
    expect(() => embeddedLogPublisher({ directory: '' })).toThrow(/^embeddedLogPublisher: directory/);
    expect(() => new PublishingHook({ publisher: {} as Publisher })).toThrow(/^publisher:/);
  });
});

describe('embeddedLogPublisher', () => {
  it('appends beside the process that has the log open', async () => {
    const publisher = at.closing(
      embeddedLogPublisher({ directory: at.gateway.directory, onProblem: at.onProblem }),
    );
    put(new PublishingHook({ publisher }), 1000);
    expect(await publisher.flush()).toBe(true);
    expect(indexes(await at.gateway.events())).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });

  it('waits where there is no log, says so, and makes none', async () => {
    const directory = join(at.folder, 'none');
    const publisher = at.closing(embeddedLogPublisher({ directory, onProblem: at.onProblem }));
    put(new PublishingHook({ publisher }), 1);
    expect(await publisher.flush(1)).toBe(false);
    expect(publisher.stats()).toMatchObject({ buffered: 1, isAway: true });
    expect(at.problems.join()).toContain(directory);
    expect(readdirSync(at.folder)).toEqual([]);
  });
});

describe('a gateway that wants a key', () => {
  it('is told it; a wrong one keeps the events waiting, and is not shown', async () => {
    const guarded = await openLiveGateway(['right-key']);
    const wrong = at.published({ url: guarded.url, apiKey: 'wrong-key' });
    put(wrong.hook, 1);
    expect(await wrong.publisher.flush(0.7)).toBe(false);
    expect(at.problems.join()).toContain('KAIZEN_API_KEY');
    expect(at.problems.join()).not.toContain('wrong-key');
    const right = at.published({ url: guarded.url, apiKey: 'right-key' });
    put(right.hook, 3);
    expect(await right.publisher.flush()).toBe(true);
    expect(await guarded.events()).toHaveLength(3);
    await guarded.close();
  });
});
