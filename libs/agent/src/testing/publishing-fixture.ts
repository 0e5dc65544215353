import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { HookContextInit } from '../hooks/hook-context.js';
import type { Publisher, PublisherStats } from '../publishing/publisher.js';
import { httpPublisher, type HttpPublisherOptions } from '../publishing/publishers.js';
import { PublishingHook } from '../publishing/publishing-hook.js';
import { openLiveGateway, type LiveGateway } from './live-gateway.js';

/** A real gateway and publishers to it, each test its own. */
export interface PublishingFixture {
  readonly gateway: LiveGateway;
  /** For spools; empty at first. */
  readonly folder: string;
  /** What the publishers told. */
  readonly problems: readonly string[];
  readonly onProblem: (message: string) => void;
  readonly published: (options?: HttpPublisherOptions) => {
    readonly publisher: Publisher;
    readonly hook: PublishingHook;
  };
  /** Has a publisher closed after the test. */
  readonly closing: <Given extends Publisher>(publisher: Given) => Given;
}

/** Opens a fixture before each test, and closes it after. */
export const publishingFixture = (): PublishingFixture => {
  let gateway: LiveGateway;
  let folder = '';
  const open = new Set<Publisher>();
  const problems: string[] = [];
  const onProblem = (message: string): void => void problems.push(message);
  const closing = <Given extends Publisher>(publisher: Given): Given => {
    open.add(publisher);
    return publisher;
  };
  beforeEach(async () => {
    gateway = await openLiveGateway();
    folder = mkdtempSync(join(tmpdir(), 'kaizen-spool-'));
    problems.length = 0;
  });
  afterEach(async () => {
    for (const each of open) await each.close(0);
    open.clear();
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get gateway() {
      return gateway;
    },
    get folder() {
      return folder;
    },
    problems,
    onProblem,
    closing,
    published: (options = {}) => {
      const publisher = closing(httpPublisher({ url: gateway.url, onProblem, ...options }));
      return { publisher, hook: new PublishingHook({ publisher }) };
    },
  };
};

/** A point event that bears its number. */
export const event = (index: number, trace = 't'): HookContextInit => ({
  eventType: 'note',
  agentId: 'agent',
  traceId: trace,
  eventId: `${trace}-${index}`,
  data: { index },
});

/** Has so many events accepted. */
export const put = (hook: PublishingHook, count: number, trace = 't'): void => {
  for (let index = 0; index < count; index += 1)
    expect(hook.handle(event(index, trace))).toMatchObject({ success: true });
};

/** Every accepted event is in one count. */
export const addUp = (stats: PublisherStats): void =>
  expect(stats.delivered + stats.refused + stats.dropped + stats.buffered).toBe(stats.accepted);

/** The numbers of {@link event}s that came out. */
export const indexes = (events: readonly { readonly data: Readonly<Record<string, unknown>> }[]): number[] =>
  events.map(({ data }) => Number(data.index));
