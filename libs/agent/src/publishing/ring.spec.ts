import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cell, openShared, sharedBytes } from './cells.js';
import { RingIntake } from './intake/ring-intake.js';
import { openRingMemory, ringBytes } from './ring.js';
import { RingSource, type RingBatch } from './sender/ring-source.js';

const opened = (bytes: number, dropsOldest: boolean) => {
  const shared = openShared(new SharedArrayBuffer(sharedBytes));
  const ring = openRingMemory(new SharedArrayBuffer(bytes));
  return {
    shared,
    intake: new RingIntake(shared.cells, ring, dropsOldest),
    source: new RingSource(shared, ring, 4096),
    reopened: () => new RingSource(shared, ring, 4096),
  };
};

const limits = { events: 5, bytes: 300 };

type Step =
  | { readonly type: 'put'; readonly length: number; readonly wide: boolean }
  | { readonly type: 'peek' }
  | { readonly type: 'settle'; readonly share: number }
  | { readonly type: 'crash' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ type: fc.constant('put' as const), length: fc.nat(120), wide: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('peek' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('settle' as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
  ),
  { maxLength: 200 },
);

/** Runs the steps; what was settled comes out in order, and everything that was put is in one count. */
const run = (dropsOldest: boolean, script: readonly Step[]) => {
  const { shared, intake, source, reopened } = opened(1024, dropsOldest);
  let reader = source;
  const put: string[] = [];
  const settled: string[] = [];
  let batch: RingBatch | undefined;
  for (const step of script) {
    switch (step.type) {
      case 'put': {
        const line = `${put.length}:${(step.wide ? '漢' : 'x').repeat(step.length)}`;
        if (intake.put(line) === 'put') put.push(line);
        break;
      }
      case 'peek':
        batch = reader.peek(limits);
        reader.begin(batch, batch.lines.length);
        break;
      case 'settle': {
        const count = Math.round((batch?.lines.length ?? 0) * step.share);
        if (batch === undefined) break;
        settled.push(...batch.lines.slice(0, count));
        reader.settle(batch, count);
        batch = undefined;
        break;
      }
      case 'crash':
        reader = reopened();
        batch = undefined;
    }
  }
  for (let last = reader.peek(limits); last.lines.length > 0; last = reader.peek(limits)) {
    settled.push(...last.lines);
    reader.settle(last, last.lines.length);
  }
  return { put, settled, shared, intake };
};

describe('the ring', () => {
  it('gives back what was put, in order, however puts, looks and crashes follow each other', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { put, settled, shared, intake } = run(false, script);
        expect(settled).toEqual(put);
        expect(Atomics.load(shared.cells, cell.takenEvents)).toBe(put.length);
        expect(intake.waitingBytes()).toBe(0);
      }),
    );
  });

  it('drops only the oldest, and counts each event once', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { put, settled, shared } = run(true, script);
        const place = new Map(put.map((line, index) => [line, index]));
        const places = settled.map((line) => place.get(line)!);
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        const dropped = Atomics.load(shared.cells, cell.droppedEvents) - shared.counters.read('rescued');
        expect(settled.length + dropped).toBe(put.length);
      }),
    );
  });

  it('never gives a line that was torn by a later one', () => {
    const { intake, source } = opened(1024, true);
    for (let index = 0; index < 5000; index += 1) {
      intake.put(`${index}:${String(index % 10).repeat(index % 90)}`);
      if (index % 7 !== 0) continue;
      for (const line of source.peek(limits).lines) {
        const [number] = line.split(':');
        expect(line).toBe(`${number}:${String(Number(number) % 10).repeat(Number(number) % 90)}`);
      }
    }
  });

  it('goes on when its positions begin anew', () => {
    const { shared, source } = opened(1024, false);
    // Nearly 16 GiB have passed.
    const almost = -64 | 0;
    const ring = openRingMemory(new SharedArrayBuffer(1024));
    Atomics.store(shared.cells, cell.head, almost);
    Atomics.store(shared.cells, cell.putWords, almost);
    const intake = new RingIntake(shared.cells, ring, false);
    const reader = new RingSource(shared, ring, 4096);
    expect(source.peek(limits).lines).toEqual([]);
    for (let index = 0; index < 200; index += 1) {
      expect(intake.put(`line ${index}`)).toBe('put');
      const batch = reader.peek(limits);
      expect(batch.lines).toEqual([`line ${index}`]);
      reader.settle(batch, 1);
    }
  });

  it('refuses what no event may be, and takes the largest there may be', () => {
    const { intake, source } = opened(ringBytes(2_000_001), false);
    expect(intake.put('x'.repeat(512 * 1024 + 1))).toBe('too-large');
    expect(intake.put('漢'.repeat(512 * 1024))).toBe('too-large');
    const largest = 'x'.repeat(512 * 1024);
    expect(intake.put(largest)).toBe('put');
    expect(source.peek(limits).lines[0] === largest).toBe(true);
  });
});
