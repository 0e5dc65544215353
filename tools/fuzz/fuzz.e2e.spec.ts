import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const script = fileURLToPath(new URL('../fuzz.mjs', import.meta.url));

const fuzz = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, exitCode] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { said, exitCode };
};

describe('a fuzz of all services', () => {
  it('finds nothing in a few hundred hostile requests, and the pipeline works afterwards', async () => {
    const { said, exitCode } = await fuzz('--requests', '480', '--seed', '7');
    expect(said).toContain('\nnothing found\n');
    expect(exitCode).toBe(0);
  }, 180_000);

  it('fails where memory leaks, a request is cut, or a service fails', async () => {
    const faults = 'leak=150000,cut=29,fail=31';
    const { said, exitCode } = await fuzz('--requests', '480', '--seed', '8', '--fault', faults);
    expect(said).toMatch(/^the heap grew by \d+ MiB$/m);
    expect(said).toMatch(/^\d+: cut without an answer: /m);
    expect(said).toMatch(/^\d+: a failure of the service: 500 /m);
    expect(exitCode).toBe(1);
  }, 180_000);
});
