import { describe, expect, it } from '@jest/globals';
import { openRoom } from './room.js';

const sized = (bytes: number) => () => Promise.resolve({ value: bytes, bytes });
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('room for answers', () => {
  it('is given in turn, one reading at a time, and no more than one reading is over it', async () => {
    const room = openRoom(100);
    const began: number[] = [];
    const holding = [60, 60, 60, 1].map((bytes, index) =>
      room.hold(() => {
        began.push(index);
        return sized(bytes)();
      }),
    );
    await turn();
    expect(began).toEqual([0, 1]);
    expect(room.held()).toBe(120);
    const first = await holding[0]!;
    first.release();
    first.release();
    await turn();
    expect(began).toEqual([0, 1, 2]);
    expect(room.held()).toBe(120);
    (await holding[1]!).release();
    (await holding[2]!).release();
    (await holding[3]!).release();
    expect([began.length, room.held()]).toEqual([4, 0]);
  });

  it('is not lost with a reading that fails', async () => {
    const room = openRoom(1);
    await expect(room.hold(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect((await room.hold(sized(5))).value).toBe(5);
  });
});
