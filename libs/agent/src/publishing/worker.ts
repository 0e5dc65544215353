import { parentPort, workerData } from 'node:worker_threads';
import type { SenderJob } from './sender/job.js';
import { runSender } from './sender/run-sender.js';

// The entry of the sender's thread. Whatever is thrown here ends it, and the agent's thread starts another.
if (parentPort !== null) {
  runSender(workerData as SenderJob, parentPort).catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
}
