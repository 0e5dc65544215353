import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { addUp, event, indexes, publishingFixture, put } from '../testing/publishing-fixture.js';
import type { PublisherOptions } from './options.js';

const at = publishingFixture();

const policies: [string, () => PublisherOptions][] = [
  ['the ring', () => ({})],
  ['the spool', () => ({ overflow: 'spool', spool: { directory: at.folder } })],
];

describe.each(policies)('PublishingHook, by %s', (_, options) => {
  it('brings each event into the log once, each trace in its order', async () => {
    const { hook, publisher } = at.published(options());
    for (let index = 0; index < 3000; index += 1) void hook.handle(event(index, `t${index % 7}`));
    expect(await publisher.flush()).toBe(true);
    const events = await at.gateway.events();
    expect(events).toHaveLength(3000);
    for (let trace = 0; trace < 7; trace += 1) {
      const own = indexes(events.filter(({ traceId }) => traceId === `t${trace}`));
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    const stats = publisher.stats();
    expect(stats).toMatchObject({
      accepted: 3000,
      delivered: 3000,
      buffered: 0,
      bufferedBytes: 0,
      isAway: false,
    });
    expect(await publisher.close()).toBe(true);
    expect(readdirSync(at.folder)).toEqual([]);
  });

  it('takes a copy: later changes do not show', async () => {
    const { hook, publisher } = at.published(options());
    const data = { index: 1, nested: { deep: 'before' } };
    void hook.handle({ ...event(1), data });
    data.nested.deep = 'after';
    await publisher.flush();
    expect((await at.gateway.events())[0]!.data.nested).toEqual({ deep: 'before' });
  });

  it('masks secrets, after one’s own redact', async () => {
    const { hook, publisher } = at.published({
      ...options(),
      redact: (given) => ({ ...given, data: { ...given.data, mine: 'gone' } }),
    });
    void hook.handle({ ...event(1), data: { password: 'hunter2', mine: 'secret', kept: 'x' } });
    await publisher.flush();
    const { data } = (await at.gateway.events())[0]!;
    expect(data).toMatchObject({ mine: 'gone', kept: 'x' });
    expect(JSON.stringify(data)).not.toContain('hunter2');
  });

  it('holds an event back whose redact throws, and says so', async () => {
    const { hook, publisher } = at.published({
      ...options(),
      redact: () => {
        throw new Error('hunter2');
      },
    });
    expect(hook.handle(event(1))).toMatchObject({ success: false, data: { reason: 'redaction' } });
    expect(publisher.stats().rejected.redaction).toBe(1);
    expect(at.problems).toHaveLength(1);
    expect(at.problems.join()).not.toContain('hunter2');
    await publisher.flush();
    expect(await at.gateway.events()).toEqual([]);
  });

  it('counts what the contract refuses, with the reason, and delivers the rest', async () => {
    const { hook, publisher } = at.published(options());
    put(hook, 2);
    void hook.handle({ ...event(9), callId: 'x'.repeat(300) });
    void hook.handle({ ...event(10), timestamp: Number.NaN });
    void hook.handle({ ...event(2), data: { index: 2, big: 10n ** 30n } });
    expect(await publisher.flush()).toBe(true);
    expect(indexes(await at.gateway.events())).toEqual([0, 1, 2]);
    const stats = publisher.stats();
    expect(stats).toMatchObject({ accepted: 5, delivered: 3, refused: 2 });
    expect(at.problems.join()).toContain('call_id must have 1 to 256 characters');
  });

  it('refuses at once what can be no event, and what is too large', () => {
    const { hook, publisher } = at.published(options());
    const wrong = [
      { ...event(1), agentId: '' },
      { ...event(1), eventType: 'pre_' },
      { ...event(1), eventType: 5 as unknown as string },
      { ...event(1), data: { text: 'x'.repeat(600_000) } },
      undefined as unknown as { eventType: string; agentId: string },
    ];
    for (const each of wrong) expect(hook.handle(each)).toMatchObject({ success: false });
    expect(publisher.stats()).toMatchObject({ accepted: 0, rejected: { invalid: 4, 'too-large': 1 } });
  });

  it('waits for a gateway that is away, and delivers all when it comes back', async () => {
    await at.gateway.goAway();
    const { hook, publisher } = at.published(options());
    put(hook, 500);
    expect(await publisher.flush(0.5)).toBe(false);
    expect(publisher.stats()).toMatchObject({ buffered: 500, isAway: true });
    expect(at.problems.filter((each) => each.includes('does not answer'))).toHaveLength(1);
    await at.gateway.comeBack();
    put(hook, 10, 'later');
    expect(await publisher.flush(20)).toBe(true);
    expect(new Set((await at.gateway.events()).map(({ eventId }) => eventId)).size).toBe(510);
    expect(publisher.stats()).toMatchObject({ delivered: 510, isAway: false });
  }, 30_000);

  it('answers quickly where connections are taken and never answered', async () => {
    const silent: Server = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { hook, publisher } = at.published({ ...options(), url });
    put(hook, 2000);
    const began = performance.now();
    put(hook, 2000);
    const took = performance.now() - began;
    const isFlushed = await publisher.flush(0.2);
    await publisher.close(0);
    silent.close();
    expect(isFlushed).toBe(false);
    // A wait for an answer would be seconds; the rest is left to a machine that does much else.
    expect(took / 2000).toBeLessThan(2);
    addUp(publisher.stats());
  });

  it('counts as possibly repeated what it sends again after an answer that was lost, however that went on', async () => {
    const { url } = at.gateway;
    let requests = 0;
    const careless = createHttpServer((request, response) => {
      void (async () => {
        const body = await text(request);
        requests += 1;
        // Lost on the way, then not there at all, then as it should be.
        if (requests === 1) return void response.destroy();
        if (requests === 2) return void response.writeHead(404).end();
        const headers = { 'content-type': 'application/x-ndjson' };
        const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers, body });
        response.writeHead(answer.status).end(await answer.text());
      })();
    }).listen(0, '127.0.0.1');
    await once(careless, 'listening');
    const { hook, publisher } = at.published({
      ...options(),
      url: `http://127.0.0.1:${(careless.address() as AddressInfo).port}`,
    });
    put(hook, 10);
    const isFlushed = await publisher.flush(20);
    await publisher.close();
    careless.closeAllConnections();
    careless.close();
    expect(isFlushed).toBe(true);
    const { possiblyRepeated, delivered } = publisher.stats();
    expect(delivered).toBe(10);
    expect(possiblyRepeated).toBeGreaterThan(0);
    expect(possiblyRepeated).toBeLessThanOrEqual(10);
  }, 30_000);

  it('refuses after its end, which can be asked for twice', async () => {
    const { hook, publisher } = at.published(options());
    put(hook, 5);
    const first = publisher.close();
    expect(publisher.close()).toBe(first);
    expect(await first).toBe(true);
    expect(hook.handle(event(1))).toMatchObject({ success: false, data: { reason: 'closed' } });
    expect(await at.gateway.events()).toHaveLength(5);
  });

  it('leaves no listener behind when the last one ends', async () => {
    const watched = ['exit', 'SIGTERM', 'SIGINT', 'SIGHUP'];
    const counts = () => watched.map((name) => process.listenerCount(name));
    const before = counts();
    const [one, other] = [at.published(options()), at.published(options())];
    expect(counts()).toEqual(before.map((count) => count + 1));
    await one.publisher.close();
    expect(counts()).toEqual(before.map((count) => count + 1));
    await other.publisher.close();
    expect(counts()).toEqual(before);
  });
});
