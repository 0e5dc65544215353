import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@kaizen-trace/service-kit';
import { openTraceStore } from '../open-trace-store.js';
import type { RunningTraceStore, TraceStoreOptions } from '../open-trace-store.js';

const logger = createLogger({
  service: 'trace-store',
  level: 'error',
  format: 'json',
  sink: { write: (line) => process.stderr.write(line) },
});

/** A trace store on free ports, in a folder of its own that goes with it. */
export const runningStore = async (options: Partial<TraceStoreOptions> = {}): Promise<RunningTraceStore> => {
  const ownDir =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'kaizen-trace-store-')) : undefined;
  const store = await openTraceStore({
    queryPort: 0,
    otlpPort: 0,
    host: '127.0.0.1',
    retentionMs: Infinity,
    maxBytes: 1024 ** 3,
    maxSearchTraces: 1_500,
    processMetrics: false,
    dataDir: ownDir ?? '',
    logger,
    ...options,
  });
  const close = async (): Promise<void> => {
    await store.close();
    if (ownDir !== undefined) await rm(ownDir, { recursive: true, force: true });
  };
  return { ...store, close };
};
