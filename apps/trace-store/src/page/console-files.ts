import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the console as it is sent. */
export interface ConsoleFile {
  readonly contentType: string;
  readonly body: Buffer;
}

/** Where `npm run build` puts the console. */
export const builtConsole = fileURLToPath(new URL('../../../console/dist/', import.meta.url));

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A name without any way into another folder, and no longer than a file's may be. */
const plainName = /^(?=.{1,128}$)[\w-]+(?:\.[\w-]+)+$/;

const readOptional = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const fileAt = async (path: string): Promise<ConsoleFile | undefined> => {
  const contentType = contentTypes[extname(path)];
  const body = contentType === undefined ? undefined : await readOptional(path);
  return contentType === undefined || body === undefined ? undefined : { contentType, body };
};

/** The console's page; undefined where it was not built. Read anew each time, as a build may come meanwhile. */
export const consolePage = (folder: string): Promise<ConsoleFile | undefined> =>
  fileAt(join(folder, 'index.html'));

/** One of the files whose names have a hash; undefined where there is none, or the name is none of a file. */
export const consoleAsset = async (folder: string, name: string): Promise<ConsoleFile | undefined> =>
  plainName.test(name) ? fileAt(join(folder, 'assets', name)) : undefined;
