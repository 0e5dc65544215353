// Ends the servers that the specs of this run have shared. Should the run be killed, their supervisors end them.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const end = async ({ pid, containerId, folder } = {}) => {
  if (pid !== undefined) {
    try {
      process.kill(pid, 'SIGTERM');
      for (let i = 0; i < 50; i++) {
        process.kill(pid, 0);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } catch {
      // It has ended.
    }
  }
  if (containerId !== undefined) {
    await new Promise((resolve) => execFile('docker', ['rm', '-f', '-v', containerId], resolve));
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
};

export default async function endRun() {
  const run = process.env.TEST_RUN_DIR;
  if (run === undefined) return;
  for (const name of await readdir(run)) {
    if (!name.endsWith('.json')) continue;
    await end(JSON.parse(await readFile(join(run, name), 'utf8')).handle);
  }
  await rm(run, { recursive: true, force: true });
}
