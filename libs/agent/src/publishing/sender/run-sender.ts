import type { MessagePort } from 'node:worker_threads';
import { createRedactor } from '@kaizen-trace/redaction';
import { atMostOnceAMinute } from '../../at-most-once-a-minute.js';
import { cell, openShared, ring } from '../cells.js';
import { openRingMemory } from '../ring.js';
import type { FromSender, ProblemKind, SenderJob, ToSender } from './job.js';
import { RingSource } from './ring-source.js';
import { Sender, type SenderParts } from './sender.js';
import { SpoolWork } from './spool-work.js';

/** What a sender does, and how it is told of a folder and ended. */
interface Work {
  readonly run: (sender: Sender) => Promise<void>;
  readonly setFolder: SpoolWork['setFolder'];
  readonly close: () => void;
}

const workOf = ({ buffer, batch }: SenderJob, parts: SenderParts): Work => {
  if (buffer.type === 'ring') {
    const source = new RingSource(parts.shared, openRingMemory(buffer.memory), batch.bytes);
    return {
      run: (sender) => sender.follow(() => source, { delivered: 'delivered', refused: 'refused' }),
      setFolder: () => undefined,
      close: () => undefined,
    };
  }
  const work = new SpoolWork(buffer, parts);
  work.setFolder(buffer.folder);
  return {
    run: (sender) => work.run(sender),
    setFolder: (folder) => work.setFolder(folder),
    close: () => work.close(),
  };
};

/** Sends what the agent puts in, until the port says that it is enough. */
export const runSender = async (job: SenderJob, port: MessagePort): Promise<void> => {
  const shared = openShared(job.shared);
  const closing = new AbortController();
  const mayTell = atMostOnceAMinute();
  const tell = (kind: ProblemKind, message: string): void => {
    if (mayTell(kind)) port.postMessage({ type: 'problem', kind, message } satisfies FromSender);
  };
  const parts: SenderParts = {
    shared,
    destination: job.destination,
    batch: job.batch,
    redactor: createRedactor(job.redaction),
    closing: closing.signal,
    tell,
  };
  const sender = new Sender(parts);
  const work = workOf(job, parts);
  // Listening also keeps this thread alive; nothing else does while it sleeps.
  port.on('message', (message: ToSender) => {
    if (message.type === 'close') closing.abort();
    else work.setFolder(message.folder);
    ring(shared.cells, cell.bell);
  });
  await work.run(sender);
  work.close();
  await sender.close();
  port.close();
};
