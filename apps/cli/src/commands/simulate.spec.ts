import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { cliFixture } from '../testing/cli-fixture.js';

const cli = cliFixture();
const { run } = cli;

describe('simulate', () => {
  it('publishes a whole fleet and counts what was acknowledged', async () => {
    const { exitCode, stderr } = await run(['simulate', '--traces', '5', '--seed', 's']);
    expect(exitCode).toBe(0);
    const sent = cli.server.received.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(sent).toBeGreaterThan(100);
    expect(stderr).toContain(`${sent} events emitted, ${sent} acknowledged`);
    expect(
      new Set(cli.server.received.flatMap(({ lines }) => lines.map(({ trace_id }) => trace_id))).size,
    ).toBe(5);
  });

  it('keeps the pace that it is given', async () => {
    const began = performance.now();
    const { exitCode } = await run(['simulate', '--traces', '2', '--rate', '200', '--seed', 'pace']);
    expect(exitCode).toBe(0);
    const sent = cli.server.received.reduce((sum, { lines }) => sum + lines.length, 0);
    expect(performance.now() - began).toBeGreaterThan(((sent - 1) / 200) * 1000 - 50);
  });

  it('writes NDJSON instead, the same for the same seed and start', async () => {
    const args = ['simulate', '--traces', '3', '--seed', 's', '--start', '2026-11-20T08:00:00Z', '--out'];
    const { exitCode, stdout } = await run([...args, '-']);
    expect(exitCode).toBe(0);
    const path = join(cli.folder, 'out.ndjson');
    await run([...args, path]);
    const read = await run(['publish', path]);
    expect(read.exitCode).toBe(0);
    expect(cli.server.received.flatMap(({ lines }) => lines)).toEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
