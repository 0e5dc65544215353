/** Free ports and throw-away folders for benchmarks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'kaizen-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};
