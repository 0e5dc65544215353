import { expect, it } from '@jest/globals';
import { openShared, sharedBytes } from '../cells.js';
import { announce } from '../intake/intake.js';
import { look, sleepUntil } from './sleep.js';

const opened = () => openShared(new SharedArrayBuffer(sharedBytes)).cells;

const asleep = { events: 1, bytes: Infinity, ms: 2_000 };

it('ends for an event that came between the look and the sleep', async () => {
  const cells = opened();
  const seen = look(cells);
  announce(cells, 1, 10);
  const began = performance.now();
  await sleepUntil(cells, seen, asleep);
  expect(performance.now() - began).toBeLessThan(1_000);
});

it('ends for an event that comes while it lasts, and at its time where none comes', async () => {
  const cells = opened();
  const began = performance.now();
  const sleeping = sleepUntil(cells, look(cells), asleep);
  announce(cells, 1, 10);
  await sleeping;
  expect(performance.now() - began).toBeLessThan(1_000);
  await sleepUntil(cells, look(cells), { ...asleep, ms: 50 });
  expect(performance.now() - began).toBeGreaterThan(45);
});
