import { defaultSettings } from '@kaizen-trace/assembler-core';
import type { LogConnection, LogRecord, NewRecord } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import type { SendSpans } from '../api/dead-letters/redrive.js';
import { openGateway, type Gateway } from '../open-gateway.js';
import { send } from './gateway-fixture.js';

/** A log that tests may fill, as several processes have it. */
export interface LetterLog {
  readonly prefix: string;
  connect(): Promise<LogConnection>;
  dispose(): Promise<void>;
}

/** A letter as the API lists it, as far as tests look. */
export interface ListedLetter {
  readonly partition: number;
  readonly offset: string;
  readonly error_class: string;
  readonly key: string;
  readonly redriven: boolean;
  readonly redriven_from: string | null;
}

/** What a redrive reports, as far as tests look. */
export interface Report {
  readonly redriven: { readonly events: number; readonly spans: number };
  readonly done_before: number;
  readonly refused: number;
  readonly more: boolean;
  readonly failure: string | null;
}

const quiet = createLogger({
  service: 'spec',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});
/** UTF-8. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Bytes as hexadecimal text. */
export const hex = (value: Uint8Array | null): string | null =>
  value === null ? null : Buffer.from(value).toString('hex');
/** How long something may take that is waited for, in milliseconds. */
export const patienceMs = 20_000;

/** A gateway with the operating API on a free port. */
export const openApi = (log: LogConnection, group: string, sendSpans?: SendSpans): Promise<Gateway> =>
  openGateway({
    events: log.events,
    ping: () => log.ping(),
    operating: {
      log,
      assemblers: log.assemblers({ group }),
      exporters: log.spans({ group: `${group}-export` }),
      sendSpans,
      replay: {
        owner: { group, topic: 'hook-events' },
        configured: defaultSettings,
        backend: undefined,
      },
    },
    host: '127.0.0.1',
    port: 0,
    apiKeys: [],
    maxBodyBytes: 1024 * 1024,
    maxInFlightBytes: 1024 * 1024,
    requestTimeoutMs: 30_000,
    logger: quiet,
    processMetrics: false,
  });

/** Every record of the log of events, with its partition. */
export const everyEvent = async ({
  events,
}: LogConnection): Promise<readonly (readonly [number, LogRecord])[]> => {
  const found: (readonly [number, LogRecord])[] = [];
  for (let partition = 0; partition < (await events.partitionCount()); partition += 1) {
    const { start, end } = await events.bounds(partition);
    for await (const { records } of events.scan({ partition, from: start, to: end }))
      found.push(...records.map((record) => [partition, record] as const));
  }
  return found;
};

/** What a path gives: JSON, or the status where that is not 200. */
export const get = async (gateway: Gateway, path: string): Promise<unknown> => {
  const { status, text } = await send(gateway, { method: 'GET', path });
  return status === 200 ? (JSON.parse(text) as unknown) : status;
};

/** Every page of a list. */
export const list = async (gateway: Gateway, query = ''): Promise<readonly ListedLetter[]> => {
  const letters: ListedLetter[] = [];
  for (let cursor = ''; ;) {
    const page = (await get(gateway, `/api/dead-letters?${query}${cursor}`)) as {
      readonly letters: readonly ListedLetter[];
      readonly next_cursor: string | null;
    };
    letters.push(...page.letters);
    if (page.next_cursor === null) return letters;
    cursor = `&cursor=${page.next_cursor}`;
  }
};

/** Asks for a redrive. */
export const post = async (
  gateway: Gateway,
  body: unknown,
  type = 'application/json',
): Promise<readonly [number, Report]> => {
  const { status, text } = await send(gateway, {
    path: '/api/dead-letters/redrive',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  });
  return [status, JSON.parse(text) as Report];
};

/** A record that nobody can read. */
export const broken = (n: number): NewRecord => ({
  key: bytes(`trace-${n}`),
  value: bytes(JSON.stringify({ n })),
  headers: [['from', bytes(`agent-${n}`)]],
});
