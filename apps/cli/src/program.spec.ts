import { describe, expect, it } from '@jest/globals';
import { run } from './testing/run-cli.js';

describe('the command line', () => {
  it('suggests the command that was meant', async () => {
    const { exitCode, stderr } = await run(['publsh', 'x']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('publish');
  });

  it('gives examples with every command', async () => {
    for (const command of ['publish', 'simulate', 'open', 'dead-letters', 'doctor']) {
      const { exitCode, stdout } = await run([command, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Examples:');
    }
  });

  it('refuses a duration without a unit, and says how to write one', async () => {
    const { exitCode, stderr } = await run(['simulate', '--open-for', '30']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('30s');
  });
});
