import { createConnection } from 'node:net';
import { wholeKey } from './keys.mjs';

const headOf = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${wholeKey['x-api-key']}\r\n`;

const streams = [
  '/api/pipeline/events',
  '/api/open-operations/events',
  '/api/open-operations/events?kind=tool_use',
];

/** A connection that is opened anew whenever it is closed: one that sends half a request, or listens and takes nothing. */
const holdOne = (port, bytes, reads, answers) => {
  let socket;
  let isOver = false;
  const open = () => {
    let heard = '';
    socket = createConnection(port, '127.0.0.1', () => {
      socket.write(bytes);
      if (!reads) socket.pause();
    });
    socket.on('data', (chunk) => (heard += heard.length < 100 ? chunk.toString('latin1') : ''));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (isOver) return;
      const status = /^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? 'cut';
      answers.set(status, (answers.get(status) ?? 0) + 1);
      setTimeout(() => !isOver && open(), 200);
    });
  };
  open();
  return () => {
    isOver = true;
    socket.destroy();
  };
};

/** Slow and stuck clients beside all others, until the function that is given back is called; it says how they fared. */
export const holdConnections = ({ gateway, query }) => {
  const answers = new Map();
  const ports = [gateway, query].map((url) => Number(new URL(url).port));
  const releases = ports.flatMap((port) => [
    ...Array.from({ length: 20 }, (_, n) =>
      holdOne(port, `${headOf(streams[n % streams.length])}\r\n`, false, answers),
    ),
    ...Array.from({ length: 20 }, () => holdOne(port, headOf('/api/pipeline'), true, answers)),
    ...Array.from({ length: 5 }, () =>
      holdOne(
        port,
        `${headOf('/api/replays').replace('GET', 'POST')}content-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
        true,
        answers,
      ),
    ),
  ]);
  return () => {
    for (const release of releases) release();
    return answers;
  };
};

/** Many who listen at once. Gives how many of them were answered with which status; all are gone afterwards. */
export const crowd = async (url, count) => {
  const port = Number(new URL(url).port);
  const sockets = [];
  const statuses = await Promise.all(
    Array.from(
      { length: count },
      (_, n) =>
        new Promise((resolve) => {
          const path = streams[n % streams.length];
          const socket = createConnection(port, '127.0.0.1', () => socket.write(`${headOf(path)}\r\n`));
          sockets.push(socket);
          socket.once('data', (chunk) =>
            resolve(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 'odd'),
          );
          socket.on('error', () => resolve('cut'));
          socket.on('close', () => resolve('cut'));
        }),
    ),
  );
  for (const socket of sockets) socket.destroy();
  const counts = new Map();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
};
