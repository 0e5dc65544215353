import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@kaizen-trace/service-kit';
import { eventually } from '@kaizen-trace/testkit';
import { openKeyRing, type KeyRing } from './key-ring.js';

const lineOf = (key: string, name = 'test'): string =>
  JSON.stringify({ name, sha256: createHash('sha256').update(key).digest('hex') });

let directory = '';
let file = '';
let ring: KeyRing | undefined;
let logLines: string[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-ring-'));
  file = join(directory, 'keys');
  logLines = [];
});
afterEach(async () => {
  ring?.close();
  ring = undefined;
  await rm(directory, { recursive: true, force: true });
});

const open = (everyMs = 40): KeyRing => {
  const sink = { write: (line: string) => void logLines.push(line) };
  const logger = createLogger({ service: 'gateway', level: 'trace', format: 'json', sink });
  return (ring = openKeyRing({ plain: [], file, logger, everyMs }));
};

const knows = (key: string): boolean => ring?.current()?.find(key) !== undefined;
const said = (text: string): number => logLines.filter((line) => line.includes(text)).length;

describe('a key file', () => {
  it('is read with a byte order mark, line ends of Windows, comments, blank lines and no last line end', async () => {
    await writeFile(file, `\uFEFF# keys\r\n\r\n  ${lineOf('one')}  \r\n# more\r\n${lineOf('two')}`);
    open();
    expect([knows('one'), knows('two'), knows('three')]).toEqual([true, true, false]);
  });

  it('of ten thousand keys is read at once, and each of them found', async () => {
    const keys = Array.from({ length: 10_000 }, (_, n) => `key-${n}`);
    await writeFile(file, keys.map((key) => lineOf(key)).join('\n'));
    open();
    expect(keys.every(knows)).toBe(true);
    expect(knows('key-10000')).toBe(false);
  });

  it('is refused where it is too long, or a folder', async () => {
    await writeFile(file, `#${'x'.repeat(5 * 1024 * 1024)}\n${lineOf('one')}`);
    expect(() => open()).toThrow('it is over');
    await rm(file);
    await mkdir(file);
    expect(() => open()).toThrow('KAIZEN_API_KEYS_FILE');
  });

  it('that others may write is warned of, once a reading', async () => {
    await writeFile(file, lineOf('one'));
    await chmod(file, 0o666);
    open();
    expect(said('others than its owner may write the key file')).toBe(1);
    await chmod(file, 0o644);
    await eventually('it is read again', 5_000, () => said('has been read again') === 1);
    expect(said('others than its owner may write the key file')).toBe(1);
  });
});

describe('a key file that changes', () => {
  it('is followed through the links that Kubernetes turns', async () => {
    const mounted = join(directory, '..data');
    for (const [version, key] of [
      ['v1', 'old'],
      ['v2', 'new'],
    ] as const) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'keys'), lineOf(key));
      await utimes(join(directory, version, 'keys'), 1_000_000, 1_000_000);
    }
    await symlink('v1', mounted);
    await symlink('..data/keys', file);
    open();
    expect([knows('old'), knows('new')]).toEqual([true, false]);
    await symlink('v2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), mounted);
    await eventually('the new version is read', 5_000, () => knows('new'));
    expect(knows('old')).toBe(false);
  });

  it('in place is read when it stands still, never half', async () => {
    await writeFile(file, `${lineOf('one')}\n${lineOf('two')}\n`);
    open(400);
    let lost = false;
    const watching = setInterval(() => (lost ||= !knows('two')), 5);
    // Cut at a line's end, which alone would be a whole file without the second key.
    await writeFile(file, `${lineOf('one')}\n`);
    await sleep(100);
    await writeFile(file, `${lineOf('one')}\n${lineOf('two')}\n${lineOf('three')}\n`);
    await eventually('all of it is read', 5_000, () => knows('three'));
    clearInterval(watching);
    expect(lost).toBe(false);
  });

  it('keeps the keys while it is gone, says so once, and is read when it is back', async () => {
    await writeFile(file, lineOf('one'));
    open();
    await rm(file);
    await eventually('the log says so', 5_000, () => said('ENOENT') === 1);
    await sleep(200);
    expect([knows('one'), said('ENOENT')]).toEqual([true, 1]);
    await writeFile(file, lineOf('two'));
    await eventually('it is read', 5_000, () => knows('two'));
    expect(knows('one')).toBe(false);
  });

  it('is read at once on SIGHUP', async () => {
    await writeFile(file, lineOf('one'));
    open(3_600_000);
    await writeFile(file, lineOf('two'));
    expect([knows('one'), knows('two')]).toEqual([true, false]);
    process.emit('SIGHUP', 'SIGHUP');
    expect([knows('one'), knows('two')]).toEqual([false, true]);
    ring?.close();
    await writeFile(file, lineOf('three'));
    process.emit('SIGHUP', 'SIGHUP');
    expect(knows('three')).toBe(false);
  });

  it('tells its listeners, and tells them nothing of a broken one', async () => {
    await writeFile(file, lineOf('one'));
    let changes = 0;
    open(3_600_000).onChange(() => (changes += 1));
    await writeFile(file, '{');
    process.emit('SIGHUP', 'SIGHUP');
    expect(changes).toBe(0);
    await writeFile(file, lineOf('two'));
    process.emit('SIGHUP', 'SIGHUP');
    expect(changes).toBe(1);
  });
});
