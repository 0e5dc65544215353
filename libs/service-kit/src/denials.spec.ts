import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import { createLogger } from './logger.js';
import { logDenials } from './denials.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that answers with the status that its path names. */
const serving = async (everyMs: number) => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'gateway', level: 'trace', format: 'json', sink });
  const made = (server = createServer(({ url = '' }, response) => {
    response.writeHead(Number(url.slice(1, 4))).end('secret');
  }));
  const end = logDenials(made, logger, everyMs);
  made.listen(0, '127.0.0.1');
  await once(made, 'listening');
  const { port } = made.address() as AddressInfo;
  const ask = async (status: number): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/${status}?secret`, {
      headers: { cookie: 'secret' },
    });
    await answer.text();
  };
  const denials = (): readonly unknown[] =>
    lines.map((line) => (JSON.parse(line) as { readonly denied: unknown }).denied);
  return { ask, denials, lines, end };
};

describe('the log of denied requests', () => {
  it('tells of the first at once, and of the others together, however many come', async () => {
    const { ask, denials, lines } = await serving(300);
    for (const status of [200, 404, 400, 500]) await ask(status);
    expect(lines).toEqual([]);
    await ask(401);
    await eventually('the first is told', 5_000, () => lines.length === 1);
    for (let n = 0; n < 30; n += 1) await ask(401 + 2 * (n % 2));
    await ask(429);
    await eventually('the others are told', 5_000, () => lines.length === 2);
    expect(denials()).toEqual([{ 401: 1 }, { 401: 15, 403: 15, 429: 1 }]);
    expect(lines.join('')).not.toContain('secret');
    await sleep(700);
    expect(lines).toHaveLength(2);
    await ask(403);
    await eventually('after a pause the next is told at once', 5_000, () => lines.length === 3);
  });

  it('tells at its end what it had gathered', async () => {
    const { ask, denials, end, lines } = await serving(3_600_000);
    for (const status of [401, 429, 429]) await ask(status);
    await sleep(50);
    expect(lines).toHaveLength(1);
    end();
    expect(denials()).toEqual([{ 401: 1 }, { 429: 2 }]);
    end();
    expect(lines).toHaveLength(2);
  });
});
