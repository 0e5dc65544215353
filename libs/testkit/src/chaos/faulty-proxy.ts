import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransactionWatch, WatchedConnection } from './transaction-watch.js';

/** Which bytes a stall holds back. */
export type Stall = 'nothing' | 'answers' | 'everything';

/** A TCP proxy on loopback that breaks connections in the ways that networks do. */
export interface FaultyProxy {
  readonly port: number;
  /** Where new connections go on to; undefined, as before the first call: they are ended at once. */
  forwardTo(port: number | undefined): void;
  /** Each piece of data takes this much longer, in both directions, in order. */
  delay(milliseconds: number): void;
  /** Holds bytes back while connections look well: half-open. What was held goes on afterwards, unless it was reset. */
  stall(what: Stall): void;
  /** Ends every connection with a reset; gives their number. */
  reset(): number;
  /** Stops listening and ends every connection. Idempotent. */
  stop(): Promise<void>;
}

interface Weather {
  delayMs: number;
  stall: Stall;
  /** Resolves when the stall changes. */
  changed: PromiseWithResolvers<undefined>;
}

const isHeld = (stall: Stall, direction: 'request' | 'answer'): boolean =>
  stall === 'everything' || (stall === 'answers' && direction === 'answer');

interface Route {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: 'request' | 'answer';
  readonly weather: Weather;
  /** False: end both sides here. */
  readonly passes: (chunk: Buffer) => boolean;
}

/** Passes one direction's bytes on, in order, one piece at a time: at most one is in memory besides the sockets' own. */
const pass = async ({ from, to, direction, weather, passes }: Route): Promise<void> => {
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (weather.delayMs > 0) await sleep(weather.delayMs);
      while (isHeld(weather.stall, direction)) await weather.changed.promise;
      if (!passes(chunk)) break;
      if (!to.writable) break;
      if (!to.write(chunk)) {
        await new Promise<void>((resolve) => {
          to.once('drain', resolve);
          to.once('close', resolve);
        });
      }
    }
  } catch {
    // A reset of one side is passed on as the end of the other.
  }
  to.destroySoon();
};

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly watched: WatchedConnection;
}

const join = ({ client, server, watched }: Pair, weather: Weather): void => {
  const both = [client, server];
  for (const socket of both) {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
  }
  client.once('close', () => watched.closed());
  const request = (chunk: Buffer): boolean => {
    if (watched.request(chunk)) return true;
    for (const socket of both) socket.destroy();
    return false;
  };
  const answer = (chunk: Buffer): boolean => {
    watched.answer(chunk);
    return true;
  };
  void pass({ from: client, to: server, direction: 'request', weather, passes: request });
  void pass({ from: server, to: client, direction: 'answer', weather, passes: answer });
};

const unwatched: Pick<TransactionWatch, 'connection'> = {
  connection: () => ({ request: () => true, answer: () => undefined, closed: () => undefined }),
};

/** Starts a proxy on a free port of loopback; a watch sees what passes, and may hold it up. */
export const startFaultyProxy = async (
  watch: Pick<TransactionWatch, 'connection'> = unwatched,
): Promise<FaultyProxy> => {
  const pairs = new Set<Pair>();
  const weather: Weather = { delayMs: 0, stall: 'nothing', changed: Promise.withResolvers() };
  let target: number | undefined;
  const server = createServer((client) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    const pair = {
      client,
      server: createConnection({ host: '127.0.0.1', port: target }),
      watched: watch.connection(),
    };
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
    join(pair, weather);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const change = (stall: Stall): void => {
    weather.stall = stall;
    weather.changed.resolve(undefined);
    weather.changed = Promise.withResolvers();
  };
  const reset = (): number => {
    const cut = [...pairs];
    for (const pair of cut) {
      pair.client.resetAndDestroy();
      pair.server.resetAndDestroy();
    }
    return cut.length;
  };
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (port) => void (target = port),
    delay: (milliseconds) => void (weather.delayMs = milliseconds),
    stall: change,
    reset,
    stop: async () => {
      change('nothing');
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
