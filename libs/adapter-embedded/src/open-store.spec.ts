import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openEmbeddedLog } from './embedded-log.js';

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
