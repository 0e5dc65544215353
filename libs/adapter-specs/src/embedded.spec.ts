import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import type { ConformanceFixture } from '@kaizen-trace/conformance';
import { describeLogConnection } from '@kaizen-trace/conformance';

const partitions = 4;

const openFixture = async (): Promise<ConformanceFixture> => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-embedded-'));
  const opened = new Set<EmbeddedLog>();
  const connect = async (): Promise<EmbeddedLog> => {
    const log = await openEmbeddedLog({ directory, partitions, pollIntervalMs: 5 });
    opened.add(log);
    return log;
  };
  const first = await connect();
  return {
    connect,
    partitions,
    maxRecordBytes: 1024 * 1024,
    sessionTimeoutMs: 400,
    crash: async (connection) => {
      for (const log of opened) if (log === connection) await log.abandon();
    },
    trimEvents: (partition, start) => first.trimEvents(partition, start),
    dispose: async () => {
      await Promise.all([...opened].map((log) => log.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
};

describeLogConnection('embedded log', openFixture, { patienceMs: 5_000 });
