import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { decodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import { openGateway, type Gateway } from '@kaizen-trace/gateway';
import { isTick, type LogConnection, type LogReader } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { scanEverything } from '@kaizen-trace/testkit';

const quiet = createLogger({
  service: 'spec',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

/** The events of a log in log order, repeats included. @throws Error where a record is no event. */
export const eventsOf = async (log: LogReader): Promise<readonly HookContext[]> =>
  (await scanEverything(log))
    .filter((record) => !isTick(record))
    .map(({ value }) => {
      const decoding = decodeEvent(value!);
      if (decoding.type !== 'decoded') throw new Error(decoding.type);
      return decoding.event;
    });

/** The log that an environment names. */
export const openLogOf = (env: Readonly<Record<string, string>>): Promise<LogConnection> => {
  const reading = readSettings(defineSettings({ log: logSettings }), env);
  if (reading.type === 'refused') throw new Error('wrong settings');
  return openLog(reading.settings.log);
};

/** The real gateway on a real embedded log, in this process; it can go away and come back on its port. */
export interface LiveGateway {
  readonly url: string;
  readonly directory: string;
  events(): Promise<readonly HookContext[]>;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Opens one, with a folder of its own. `apiKeys`: those that it wants; none: open. */
export const openLiveGateway = async (apiKeys: readonly string[] = []): Promise<LiveGateway> => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-agent-'));
  const log = await openLogOf({ KAIZEN_DATA_DIR: directory });
  const openAt = (port: number): Promise<Gateway> =>
    openGateway({
      events: log.events,
      ping: () => log.ping(),
      host: '127.0.0.1',
      port,
      apiKeys,
      maxBodyBytes: 16 * 1024 ** 2,
      maxInFlightBytes: 64 * 1024 ** 2,
      requestTimeoutMs: 10_000,
      logger: quiet,
    });
  let gateway: Gateway | undefined = await openAt(0);
  const { url } = gateway;
  return {
    url,
    directory,
    events: () => eventsOf(log.events),
    goAway: async () => {
      await gateway?.close();
      gateway = undefined;
    },
    comeBack: async () => {
      gateway = await openAt(Number(new URL(url).port));
    },
    close: async () => {
      await gateway?.close();
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
