import { describe, expect, it } from '@jest/globals';
import type { Transact } from '@kaizen-trace/state-store';
import { LogUnavailableError } from './errors.js';
import { WriteQueue } from './write-queue.js';

/** A disk that takes a turn of the event loop, counts its flushes, and can be full. */
const slowDisk = (): { transact: Transact; flushes: () => number; fill: (full: boolean) => void } => {
  let count = 0;
  let full = false;
  return {
    transact: async (work) => {
      work();
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (full) throw new Error('no space left');
      count += 1;
    },
    flushes: () => count,
    fill: (now) => (full = now),
  };
};

describe('WriteQueue', () => {
  it('answers each write with its own result, in order, and shares flushes among them', async () => {
    const disk = slowDisk();
    const queue = new WriteQueue(disk.transact);
    const order: number[] = [];
    const writes = Array.from({ length: 500 }, (_, index) =>
      queue.submit(10, () => {
        order.push(index);
        return index;
      }),
    );
    expect(await Promise.all(writes)).toEqual(Array.from({ length: 500 }, (_, index) => index));
    expect(order).toEqual(Array.from({ length: 500 }, (_, index) => index));
    expect(disk.flushes()).toBeLessThan(5);
  });

  it('cuts a long queue into transactions of a bounded size', async () => {
    const disk = slowDisk();
    const queue = new WriteQueue(disk.transact);
    const mebibyte = 1024 * 1024;
    await Promise.all(Array.from({ length: 12 }, () => queue.submit(mebibyte, () => undefined)));
    expect(disk.flushes()).toBeGreaterThanOrEqual(3);
  });

  it('rejects what a failed transaction held, and goes on when the disk does', async () => {
    const disk = slowDisk();
    const queue = new WriteQueue(disk.transact);
    disk.fill(true);
    const lost = await Promise.allSettled([queue.submit(1, () => 1), queue.submit(1, () => 2)]);
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    disk.fill(false);
    expect(await queue.submit(1, () => 3)).toBe(3);
  });

  it('refuses more than 64 MiB in waiting, and takes more once they are written', async () => {
    const disk = slowDisk();
    const queue = new WriteQueue(disk.transact);
    const large = 33 * 1024 * 1024;
    const taken = [queue.submit(large, () => 1), queue.submit(large, () => 2)];
    await expect(queue.submit(1, () => 3)).rejects.toThrow(LogUnavailableError);
    expect(await Promise.all(taken)).toEqual([1, 2]);
    expect(await queue.submit(1, () => 4)).toBe(4);
  });

  it('writes what waits when it is closed, and takes no more', async () => {
    const disk = slowDisk();
    const queue = new WriteQueue(disk.transact);
    const write = queue.submit(1, () => 'written');
    await queue.close();
    expect(await write).toBe('written');
    await expect(queue.submit(1, () => 1)).rejects.toThrow('closed');
  });
});
