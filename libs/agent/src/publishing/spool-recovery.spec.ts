import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createRedactor } from '@kaizen-trace/redaction';
import { describe, expect, it, jest } from '@jest/globals';
import { addUp, event, indexes, publishingFixture, put } from '../testing/publishing-fixture.js';
import { openShared, sharedBytes } from './cells.js';
import { eventLine } from './event-line.js';
import { SpoolIntake } from './intake/spool-intake.js';
import { Sender, type SenderParts } from './sender/sender.js';
import { SpoolWork } from './sender/spool-work.js';
import { listFolders, makeFolder, newMark, release } from './spool/folders.js';
import { thisOwner } from './spool/owner.js';
import { segmentFile } from './spool/segments.js';

const at = publishingFixture();

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 10_000; !(await isSo()) && Date.now() < deadline;)
    await new Promise((resolve) => setTimeout(resolve, 20));
};

/** A folder with events, as a process leaves it that was killed. */
const left = (count: number, trace: string, pid = 2 ** 22 + 5) => {
  const claimant = { owner: { ...thisOwner(), pid }, mark: newMark() };
  const folder = makeFolder(at.folder, claimant);
  const intake = new SpoolIntake(openShared(new SharedArrayBuffer(sharedBytes)), {
    openFolder: () => folder.path,
    maxBytes: 1024 ** 3,
    segmentBytes: 1024,
    onUnwritable: () => undefined,
  });
  for (let index = 0; index < count; index += 1) intake.put(eventLine(event(index, trace)));
  intake.close();
  return folder;
};

const spool = () => ({ overflow: 'spool' as const, spool: { directory: at.folder } });

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('what dead processes left', () => {
  it('takes its share of the room from the first event on, however many they were', () => {
    for (const trace of ['a', 'b', 'c']) left(50, trace);
    const { publisher } = at.published({ ...spool(), url: 'http://127.0.0.1:9' });
    expect(publisher.stats().spooledBytes).toBeGreaterThan(150 * 100);
  });

  it('stays where it cannot be read, and is told of', async () => {
    const folder = left(50, 'a');
    const unreadable = segmentFile(folder.path, 2);
    rmSync(unreadable);
    symlinkSync(basename(unreadable), unreadable);
    const { publisher } = at.published(spool());
    await until(() => at.problems.length > 0);
    expect(at.problems.join()).toContain('ELOOP');
    expect(publisher.stats().adopted.delivered).toBeLessThan(50);
    await publisher.close();
    const [still] = listFolders(at.folder);
    expect(readdirSync(still!.path)).toContain('0000000003.log');
  });

  it('is sent up to where a file of it is broken, and from its next file on; that is told and counted', async () => {
    const folder = left(50, 'a');
    const broken = segmentFile(folder.path, 2);
    const bytes = readFileSync(broken);
    bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 20);
    writeFileSync(broken, bytes);
    writeFileSync(segmentFile(folder.path, 3), '');
    const { publisher } = at.published(spool());
    await until(() => readdirSync(at.folder).length === 1);
    const events = indexes(await at.gateway.events());
    expect(events.length).toBeGreaterThan(30);
    expect(events).toEqual([...events].sort((a, b) => a - b));
    expect(events.at(-1)).toBe(49);
    expect(publisher.stats().adopted).toEqual({ delivered: events.length, refused: 0, tornTails: 1 });
    expect(at.problems.join()).toContain('no whole events');
  });

  it('is sent by a process too that was there before it was left', async () => {
    const shared = openShared(new SharedArrayBuffer(sharedBytes));
    const closing = new AbortController();
    const parts: SenderParts = {
      shared,
      destination: { type: 'gateway', url: at.gateway.url, apiKey: undefined },
      batch: { events: 100, bytes: 100_000, lingerMs: 1 },
      redactor: createRedactor({ enabled: false }),
      closing: closing.signal,
      tell: (_, message) => at.onProblem(message),
    };
    const folder = left(20, 'a', process.pid);
    const work = new SpoolWork({ directory: at.folder, mark: newMark() }, parts, 50);
    const sender = new Sender(parts);
    const running = work.run(sender);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await at.gateway.events()).toEqual([]);
    release(at.folder, folder);
    await until(() => readdirSync(at.folder).length === 0);
    expect(indexes(await at.gateway.events())).toEqual(numbers(20));
    expect(shared.counters.read('adoptedDelivered')).toBe(20);
    closing.abort();
    Atomics.notify(shared.cells, 0);
    await running;
    work.close();
  });
});

describe('a folder that is deleted while its agent runs', () => {
  it('costs at most what was in it: the next events go into another one, and every count adds up', async () => {
    await at.gateway.goAway();
    const { publisher, hook } = at.published(spool());
    put(hook, 50, 'a');
    await until(() => publisher.stats().isAway);
    rmSync(join(at.folder, readdirSync(at.folder)[0]!), { recursive: true });
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 11_000);
    put(hook, 10, 'b');
    clock.mockRestore();
    await at.gateway.comeBack();
    expect(await publisher.flush(20)).toBe(true);
    const events = await at.gateway.events();
    expect(indexes(events.filter(({ traceId }) => traceId === 'b'))).toEqual(numbers(10));
    const stats = publisher.stats();
    expect(stats).toMatchObject({ accepted: 60, buffered: 0, bufferedBytes: 0 });
    addUp(stats);
    expect(stats.delivered).toBe(new Set(events.map(({ eventId }) => eventId)).size);
  }, 30_000);
});
