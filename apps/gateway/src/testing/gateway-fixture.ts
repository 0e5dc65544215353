import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { decodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import type { LogConnection } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { scanEverything } from '@kaizen-trace/testkit';
import type { OperatingApiOptions } from '../api/operating-api-module.js';
import { openGateway, type Gateway, type GatewayOptions } from '../open-gateway.js';

/** A gateway on a free loopback port before a real embedded log of its own. */
export interface GatewayFixture {
  readonly gateway: Gateway;
  readonly log: LogConnection;
  readonly logLines: readonly string[];
  /** Every event in the log; each record's key must be its trace_id. */
  readonly events: () => Promise<readonly HookContext[]>;
  close(): Promise<void>;
}

const openEmbedded = (directory: string): Promise<LogConnection> => {
  const reading = readSettings(defineSettings({ log: logSettings }), {
    KAIZEN_DATA_DIR: directory,
    KAIZEN_PARTITIONS: '3',
  });
  if (reading.type === 'refused') throw new Error('the fixture has wrong settings');
  return openLog(reading.settings.log);
};

const readAll = async (log: LogConnection): Promise<readonly HookContext[]> =>
  (await scanEverything(log.events)).map(({ key, value }) => {
    const decoding = decodeEvent(value ?? new Uint8Array());
    if (decoding.type !== 'decoded') throw new Error(`not decodable: ${decoding.type}`);
    if (Buffer.from(key ?? []).toString() !== decoding.event.traceId)
      throw new Error('the key is not the trace_id');
    return decoding.event;
  });

/** What the operating API looks at, where nothing but this gateway runs. */
const operatingOn = (log: LogConnection): OperatingApiOptions => {
  const group = 'fixture';
  return {
    log,
    assemblers: log.assemblers({ group }),
    exporters: log.spans({ group: `${group}-export` }),
    replay: { owner: { group, topic: 'hook-events' }, configured: defaultSettings, backend: undefined },
  };
};

interface FixtureOptions extends Partial<GatewayOptions> {
  /** Whether it serves the operating API too; not unless told. */
  readonly operated?: boolean;
  /** Least level of the log lines that are kept; `info` unless told. */
  readonly level?: 'trace' | 'info';
}

export const openGatewayFixture = async ({
  operated = false,
  level = 'info',
  ...options
}: FixtureOptions = {}): Promise<GatewayFixture> => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-gateway-'));
  const log = await openEmbedded(directory);
  const logLines: string[] = [];
  const gateway = await openGateway({
    events: log.events,
    ping: () => log.ping(),
    host: '127.0.0.1',
    port: 0,
    apiKeys: [],
    maxBodyBytes: 16 * 1024 * 1024,
    maxInFlightBytes: 128 * 1024 * 1024,
    requestTimeoutMs: 60_000,
    logger: createLogger({
      service: 'gateway',
      level,
      format: 'json',
      sink: { write: (line) => void logLines.push(line) },
    }),
    processMetrics: false,
    ...(operated ? { operating: operatingOn(log) } : {}),
    ...options,
  });
  return {
    gateway,
    log,
    logLines,
    events: () => readAll(log),
    async close() {
      await gateway.close();
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether the server asked for the body with 100 Continue. */
  readonly continued: boolean;
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string;
}

/** One request as node:http sends it: with any header, method and body. With `expect` the body waits for the server. */
export const send = (
  gateway: Gateway,
  { method = 'POST', path = '/v1/events', headers = {}, body = '' }: RawRequest,
) =>
  new Promise<RawAnswer>((resolve, reject) => {
    let continued = false;
    const outgoing = httpRequest(gateway.url + path, { method, headers, agent: false });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
          continued,
        });
        outgoing.destroy();
      });
    });
    outgoing.on('error', reject);
    if (headers.expect === undefined) outgoing.end(body);
    else
      outgoing.on('continue', () => {
        continued = true;
        outgoing.end(body);
      });
  });

/** Headers of the two types that a body may have. */
export const json = { 'content-type': 'application/json' };
export const lines = { 'content-type': 'application/x-ndjson' };

/** Sends, and gives the answer with how many events the request added to the log. */
export const sendCounting = async (fixture: GatewayFixture, request: RawRequest) => {
  const before = (await fixture.events()).length;
  const { status, text, headers } = await send(fixture.gateway, request);
  const added = (await fixture.events()).length - before;
  return { status, body: JSON.parse(text) as unknown, added, headers };
};

/** What `/metrics` shows now. */
export const metricsOf = async ({ gateway }: GatewayFixture): Promise<string> =>
  (await send(gateway, { method: 'GET', path: '/metrics' })).text;

/** An event as an agent sends it. */
export const anEvent = (fields: Readonly<Record<string, unknown>> = {}) => ({
  event_type: 'pre_tool_use',
  agent_id: 'agent-1',
  trace_id: 'trace-1',
  data: { tool_name: 'search' },
  ...fields,
});

export const ndjson = (...events: readonly unknown[]): string =>
  events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event))).join('\n');
