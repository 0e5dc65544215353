import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { SenderJob } from './sender/job.js';
import { runSender } from './sender/run-sender.js';

/** Below the agent's own threads, where the machine has more to do than it can. */
const yieldToAgent = (): void => {
  // Only Linux has a priority for each thread; elsewhere this would be the agent's own.
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, 5);
  } catch {
    // Where it may not be set, the threads are equals.
  }
};

// The entry of the sender's thread. Whatever is thrown here ends it, and the agent's thread starts another.
if (parentPort !== null) {
  yieldToAgent();
  runSender(workerData as SenderJob, parentPort).catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
}
