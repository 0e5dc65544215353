import { expect, it } from '@jest/globals';
import { event, indexes, publishingFixture } from '../testing/publishing-fixture.js';
import { cell, openShared, sharedBytes } from './cells.js';
import { eventRow } from './event-line.js';
import { RingIntake } from './intake/ring-intake.js';
import { Problems } from './problems.js';
import { openRingMemory } from './ring.js';
import { SenderThread } from './sender-thread.js';
import type { SenderJob } from './sender/job.js';

const at = publishingFixture();

const settled = async (taken: () => number, wanted: number): Promise<void> => {
  for (const deadline = Date.now() + 10_000; taken() < wanted && Date.now() < deadline;)
    await new Promise((resolve) => setTimeout(resolve, 20));
};

it('is started again when it dies, and loses nothing of the buffer', async () => {
  const shared = openShared(new SharedArrayBuffer(sharedBytes));
  const memory = new SharedArrayBuffer(2 * 1024 ** 2);
  const intake = new RingIntake(shared.cells, openRingMemory(memory), false);
  const good: SenderJob = {
    destination: { type: 'gateway', url: at.gateway.url, apiKey: undefined },
    shared: shared.cells.buffer,
    redaction: undefined,
    batch: { events: 100, bytes: 100_000, lingerMs: 1 },
    buffer: { type: 'ring', memory },
  };
  for (let index = 0; index < 50; index += 1) intake.put(eventRow(event(index)));
  // As one that died while its batch was on the way leaves it.
  shared.counters.set('inFlight', 50);
  let starts = 0;
  const broken = { ...good, batch: undefined } as unknown as SenderJob;
  const thread = new SenderThread(() => ((starts += 1) <= 2 ? broken : good), {
    shared,
    problems: new Problems(at.onProblem),
  });
  for (let index = 50; index < 60; index += 1) intake.put(eventRow(event(index)));
  await settled(() => Atomics.load(shared.cells, cell.takenEvents), 60);
  expect(thread.restarts).toBe(2);
  expect(at.problems).toHaveLength(1);
  expect(at.problems[0]).toContain('it is started again');
  expect(indexes(await at.gateway.events())).toEqual(Array.from({ length: 60 }, (_, index) => index));
  expect(shared.counters.read('possiblyRepeated')).toBe(50);
  await thread.close(1_000);
  expect(thread.isRunning).toBe(false);
});
