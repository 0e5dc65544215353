import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where local builds are kept between checkouts: `$XDG_CACHE_HOME` or `~/.cache`, then `kaizen-trace`. */
export const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kaizen-trace');

/** One line of progress; shown even where the test runner holds back a test's own output. */
export const progress = (line: string): void => void process.stderr.write(`[real parts] ${line}\n`);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Holds `lock` (a folder, so that making it is atomic) while `work` runs; takes over from an owner that died. */
const withLock = async <T>(lock: string, limitMs: number, work: () => Promise<T>): Promise<T> => {
  const deadline = Date.now() + limitMs;
  const ownerFile = join(lock, 'pid');
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch {
      const owner = Number(await readFile(ownerFile, 'utf8').catch(() => 'NaN'));
      if (Number.isInteger(owner) && !isAlive(owner)) {
        // Renaming first: of two that see the dead owner, only one wins, and neither removes a fresh lock.
        const grave = `${lock}.${String(process.pid)}.dead`;
        await rename(lock, grave).then(
          () => rm(grave, { recursive: true, force: true }),
          () => undefined,
        );
        continue;
      }
      if (Date.now() > deadline) throw new Error(`another process holds ${lock} for too long; remove it`);
      await sleep(300);
    }
  }
  try {
    await writeFile(ownerFile, String(process.pid));
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
};

/**
 * Gives the folder `name` of the cache, built at most once however many processes ask at the same time. A folder is
 * there whole or not at all: it is built beside its place and renamed.
 *
 * @throws Error what `build` threw; nothing is left behind.
 */
export const cached = async (
  name: string,
  limitMs: number,
  build: (folder: string) => Promise<void>,
): Promise<string> => {
  const final = join(cacheFolder(), name);
  if (existsSync(final)) return final;
  await mkdir(cacheFolder(), { recursive: true });
  return withLock(`${final}.lock`, limitMs, async () => {
    if (existsSync(final)) return final;
    const draft = `${final}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft);
    try {
      await build(draft);
      await rename(draft, final);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return final;
  });
};

/** The same lock for other things that must happen once among several processes. */
export const once = withLock;
