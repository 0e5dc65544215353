import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import fastify, { type FastifyInstance } from 'fastify';
import { createEventStreams, type EventStreams } from './event-streams.js';
import { followLook } from './follow.js';
import { shareLook, type SharedLook } from './shared-look.js';

interface Served {
  readonly streams: EventStreams;
  readonly look: SharedLook<{ readonly n: number; readonly pad: string }>;
  readonly server: FastifyInstance;
  readonly port: number;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const serve = async ({
  limit = 200,
  pad = '',
  heartbeatMs = 15_000,
  stuckMs = 30_000,
} = {}): Promise<Served> => {
  let n = 0;
  const look = shareLook(() => Promise.resolve({ n: (n += 1), pad }), { everyMs: 20 });
  const streams = createEventStreams({ limit, heartbeatMs, stuckMs });
  const server = fastify();
  server.get('/events', (_request, reply) => {
    const stream = streams.open(reply);
    if (stream === undefined) void reply.code(503).send({});
    else followLook(stream, look, String);
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const address = server.server.address();
  closers.push(async () => {
    look.close();
    streams.close();
    await server.close();
  });
  return { streams, look, server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
};

const listen = async (port: number): Promise<{ readonly socket: Socket; readonly heard: () => string }> => {
  const socket = createConnection(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  closers.push(() => Promise.resolve(void socket.destroy()));
  return { socket, heard: () => heard };
};

const numbersIn = (text: string): readonly number[] =>
  [...text.matchAll(/^data: \{"n":(\d+)/gm)].map((match) => Number(match[1]));

const until = (what: string, holds: () => boolean): Promise<void> => eventually(what, 10_000, holds);

describe('a look that many follow', () => {
  it('is made once for a hundred who follow it, and no more when the last has gone', async () => {
    const { look, streams, port } = await serve();
    expect(look.looks).toBe(0);
    const clients = await Promise.all(Array.from({ length: 100 }, () => listen(port)));
    await until('all hear', () => clients.every(({ heard }) => numbersIn(heard()).length >= 5));
    const made = look.looks;
    for (const { heard } of clients) expect(numbersIn(heard()).at(-1)!).toBeLessThanOrEqual(made + 1);
    expect([streams.count, look.listeners]).toEqual([100, 100]);
    for (const { socket } of clients) socket.destroy();
    await until('all are gone', () => streams.count === 0 && look.listeners === 0);
    await sleep(40);
    const rest = look.looks;
    await sleep(200);
    expect(look.looks).toBe(rest);
  }, 30_000);

  it('is shared by those who ask at the same moment, and made anew for those who come later', async () => {
    let looks = 0;
    const look = shareLook(
      async () => {
        await sleep(20);
        return (looks += 1);
      },
      { everyMs: 1_000 },
    );
    expect(await Promise.all([look.latest(0), look.latest(0), look.latest(0)])).toEqual([1, 1, 1]);
    expect(await look.latest(10_000)).toBe(1);
    await sleep(5);
    expect(await look.latest(1)).toBe(2);
  });

  it('takes no more than its share of the time, however long it takes', async () => {
    let looks = 0;
    const look = shareLook(
      async () => {
        looks += 1;
        await sleep(60);
      },
      { everyMs: 1, share: 0.2 },
    );
    const leave = look.follow(() => undefined);
    await sleep(1_000);
    leave();
    expect(looks).toBeGreaterThan(1);
    expect(looks).toBeLessThanOrEqual(5);
  });

  it('is made no more when the last has gone, though others came while it was made', async () => {
    let looks = 0;
    const look = shareLook(
      async () => {
        looks += 1;
        await sleep(30);
      },
      { everyMs: 60 },
    );
    const leaveFirst = look.follow(() => undefined);
    await until('the first look has begun', () => looks === 1);
    leaveFirst();
    const leaveSecond = look.follow(() => undefined);
    await until('one more was made', () => looks === 2);
    // Between two looks, when only the plan of the next is left.
    await sleep(45);
    leaveSecond();
    await sleep(200);
    expect(looks).toBe(2);
  });

  it('goes on after one that failed, and tells of it', async () => {
    let looks = 0;
    const outcomes: string[] = [];
    const look = shareLook(
      () => ((looks += 1) === 1 ? Promise.reject(new Error('away')) : Promise.resolve(looks)),
      { everyMs: 5 },
    );
    const leave = look.follow(({ type }) => void outcomes.push(type));
    await until('it goes on', () => outcomes.includes('seen'));
    leave();
    expect(outcomes[0]).toBe('failed');
    await expect(look.latest(0)).resolves.toBeGreaterThan(1);
  });
});

describe('a stream of events', () => {
  it('is refused beyond the limit, and has room again when one has gone', async () => {
    const { streams, port } = await serve({ limit: 2 });
    const first = await listen(port);
    await listen(port);
    await until('two listen', () => streams.count === 2);
    expect((await fetch(`http://127.0.0.1:${port}/events`)).status).toBe(503);
    first.socket.destroy();
    await until('one has gone', () => streams.count === 1);
    const third = await listen(port);
    await until('the third hears', () => numbersIn(third.heard()).length > 0);
  });

  it('beats while nothing happens', async () => {
    const { port } = await serve({ heartbeatMs: 20 });
    const { heard } = await listen(port);
    await until('it beats', () => heard().split('\n:\n').length > 3);
  });

  it('gives a client that does not keep up the newest only, and cuts off one that takes nothing', async () => {
    const { streams, look, port } = await serve({
      pad: 'x'.repeat(1_000_000),
      heartbeatMs: 50,
      // Well beyond the half second and more that thirty looks take.
      stuckMs: 3_000,
    });
    const slow = await listen(port);
    slow.socket.pause();
    await until('much was looked at', () => look.looks > 30);
    slow.socket.resume();
    await until('it hears of now', () => (numbersIn(slow.heard()).at(-1) ?? 0) >= 30);
    expect(numbersIn(slow.heard()).length).toBeLessThan(look.looks);
    slow.socket.pause();
    await until('it is cut off', () => streams.count === 0);
    expect(look.listeners).toBe(0);
  }, 30_000);

  it('ends with the server, which waits for nobody', async () => {
    const { server, streams, look, port } = await serve();
    const { heard } = await listen(port);
    await until('it hears', () => numbersIn(heard()).length > 0);
    const began = performance.now();
    look.close();
    streams.close();
    await server.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(streams.count).toBe(0);
  });
});
