// Announces the test run; the servers are started by the first spec that asks for one, and shared by all.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function announceRun() {
  process.env.TEST_RUN_DIR = await mkdtemp(join(tmpdir(), 'kaizen-trace-run-'));
  process.env.TEST_RUN_PID = String(process.pid);
}
