/**
 * Loaded into the services (`node --import`) so that their memory can be looked at from outside: each thread collects its
 * garbage when asked to, then says what is left. Needs `--expose-gc` and an IPC channel. The product knows nothing of it.
 */
import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const channel = new BroadcastChannel('kaizen-fuzz-memory');
channel.unref();

/** What this thread holds after two collections, in bytes: the first lets finalizers run, the second takes what they let go. */
const ownMemory = async () => {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 50));
  globalThis.gc();
  const heap = getHeapStatistics();
  const { external, arrayBuffers } = process.memoryUsage();
  return { heapUsed: heap.used_heap_size, heapTotal: heap.total_heap_size, external, arrayBuffers };
};

channel.onmessage = ({ data }) => {
  if (data.type !== 'look') return;
  void ownMemory().then((memory) => channel.postMessage({ type: 'seen', thread: threadId, memory }));
};

const kib = (status, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);

/** Everything at once: a collection of one thread must not be counted as another's memory. */
const look = (others) =>
  new Promise((resolve) => {
    const threads = new Map();
    const answers = new BroadcastChannel('kaizen-fuzz-memory');
    const finish = () => {
      clearTimeout(late);
      answers.close();
      const status = readFileSync('/proc/self/status', 'utf8');
      resolve({
        threads: [...threads].sort(([a], [b]) => a - b).map(([thread, memory]) => ({ thread, ...memory })),
        anonymous: kib(status, 'RssAnon') * 1024,
        file: (kib(status, 'RssFile') + kib(status, 'RssShmem')) * 1024,
      });
    };
    const late = setTimeout(finish, 20_000);
    const seen = (thread, memory) => {
      threads.set(thread, memory);
      if (threads.size > others) finish();
    };
    answers.onmessage = ({ data }) => {
      if (data.type === 'seen') seen(data.thread, data.memory);
    };
    answers.postMessage({ type: 'look' });
  });

if (isMainThread && process.send !== undefined) {
  process.on('message', (message) => {
    if (message?.type === 'look')
      void look(message.otherThreads).then((memory) => process.send({ type: 'seen', memory }));
  });
  process.channel.unref();
}
