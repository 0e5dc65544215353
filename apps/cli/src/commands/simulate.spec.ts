import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnsweringServer, openAnsweringServer } from '../testing/answering-server.js';
import { run as runCommand, type RunOptions } from '../testing/run-cli.js';

let folder: string;
let server: AnsweringServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-cli-'));
  server = await openAnsweringServer();
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const run = (args: readonly string[], options: RunOptions = {}) =>
  runCommand(args, { ...options, env: { KAIZEN_GATEWAY_URL: server.url, ...options.env } });

describe('simulate', () => {
  it('publishes a whole fleet and counts what was acknowledged', async () => {
    const { exitCode, stderr } = await run(['simulate', '--traces', '5', '--seed', 's']);
    expect(exitCode).toBe(0);
    const sent = server.received.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(sent).toBeGreaterThan(100);
    expect(stderr).toContain(`${sent} events emitted, ${sent} acknowledged`);
    expect(new Set(server.received.flatMap(({ lines }) => lines.map(({ trace_id }) => trace_id))).size).toBe(
      5,
    );
  });

  it('keeps the pace that it is given', async () => {
    const began = performance.now();
    const { exitCode } = await run(['simulate', '--traces', '2', '--rate', '200', '--seed', 'pace']);
    expect(exitCode).toBe(0);
    const sent = server.received.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(performance.now() - began).toBeGreaterThan(((sent - 1) / 200) * 1000 - 50);
  });

  it('writes NDJSON instead, the same for the same seed and start', async () => {
    const args = ['simulate', '--traces', '3', '--seed', 's', '--start', '2026-11-20T08:00:00Z', '--out'];
    const { exitCode, stdout } = await run([...args, '-']);
    expect(exitCode).toBe(0);
    const path = join(folder, 'out.ndjson');
    await run([...args, path]);
    const read = await run(['publish', path]);
    expect(read.exitCode).toBe(0);
    expect(server.received.flatMap(({ lines }) => lines)).toEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
