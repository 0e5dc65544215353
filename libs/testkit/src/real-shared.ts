import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from './real-cache.js';
import { RealPartUnavailable, type Handle, type RealPartName } from './real-part.js';

/** The test run that this process belongs to, as `global-setup.mjs` announced it; undefined outside of one. */
export const testRun = (): { readonly folder: string; readonly pid: number } | undefined => {
  const folder = process.env.TEST_RUN_DIR;
  const pid = Number(process.env.TEST_RUN_PID);
  return folder === undefined || !Number.isInteger(pid) ? undefined : { folder, pid };
};

/** A server started for a whole test run: what specs need of it, and what ends it. */
export interface Shared<T> {
  readonly part: T;
  readonly handle: Handle;
}

type Entry<T> = Shared<T> | { readonly unavailable: readonly string[] };

/**
 * Starts the server at most once a test run, in whichever spec asks first; the others get the same one. The run's
 * teardown ends it. An attempt that failed is remembered too, so that each spec file does not wait for it again.
 *
 * @throws RealPartUnavailable as the first attempt threw it.
 */
export const oncePerRun = async <T>(
  options: {
    readonly name: string;
    readonly part: RealPartName;
    readonly folder: string;
    readonly limitMs: number;
  },
  start: () => Promise<Shared<T>>,
): Promise<T> => {
  const file = join(options.folder, `${options.name}.json`);
  const read = async (): Promise<T | undefined> => {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const entry = JSON.parse(text) as Entry<T>;
    if ('unavailable' in entry) throw new RealPartUnavailable(options.part, entry.unavailable);
    return entry.part;
  };
  const write = async (entry: Entry<T>): Promise<void> => {
    await writeFile(`${file}.draft`, JSON.stringify(entry));
    await rename(`${file}.draft`, file);
  };
  const there = await read();
  if (there !== undefined) return there;
  return once(join(options.folder, `${options.name}.lock`), options.limitMs, async () => {
    const meanwhile = await read();
    if (meanwhile !== undefined) return meanwhile;
    try {
      const shared = await start();
      await write(shared);
      return shared.part;
    } catch (error) {
      if (error instanceof RealPartUnavailable) await write({ unavailable: error.reasons });
      throw error;
    }
  });
};
