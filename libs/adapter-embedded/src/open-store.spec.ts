import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openEmbeddedLog } from './embedded-log.js';

it('makes the directory with its parents', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-place-'));
  const log = await openEmbeddedLog({ directory: join(folder, 'not', 'there', 'yet') });
  expect(await log.ping()).toEqual({ type: 'reachable' });
  await log.close();
  await rm(folder, { recursive: true });
});

it('gives up on a file system that takes no entries, in which a recursive mkdir would go on for ever', async () => {
  await expect(openEmbeddedLog({ directory: '/proc/nope' })).rejects.toMatchObject({
    code: 'KAIZEN_LOG_OPTION',
  });
});

it('refuses a directory that cannot be made, naming it, the reason and the variable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-place-'));
  const file = join(folder, 'a-file');
  await writeFile(file, 'x');
  for (const [directory, reason] of [
    [file, 'EEXIST'],
    [join(file, 'below'), 'ENOTDIR'],
  ] as const)
    await expect(openEmbeddedLog({ directory })).rejects.toMatchObject({
      code: 'KAIZEN_LOG_OPTION',
      message: `cannot make the directory ${directory} (${reason}): name another one (KAIZEN_DATA_DIR)`,
    });
  await rm(folder, { recursive: true });
});
