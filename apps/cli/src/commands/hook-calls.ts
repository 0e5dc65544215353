import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { OpenCall, OpenCalls } from '@kaizen-trace/sources';

/** The most calls of one session that are looked at. */
const maxCalls = 1_000;

/** A session that nobody heard of for so long is forgotten. */
const quietMs = 30 * 86_400_000;

const safely = <Value>(work: () => Value): Value | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** A name that any file system takes, the same for the same id. */
const nameOf = (id: string): string => encodeURIComponent(id).replace(/\*/g, '%2A').slice(0, 160);

const read = (path: string): OpenCall | undefined =>
  safely(() => JSON.parse(readFileSync(path, 'utf8')) as OpenCall);

/**
 * What is open, as one small file for each call under a folder for each session: every hook is a process of its own, and
 * several run at once. A file is removed by one of them only. Where the folder cannot be written, nothing is remembered.
 */
export const openCallsInFolder = (folder: string): OpenCalls => {
  let count = 0;
  const sessionFolder = (session: string): string => join(folder, nameOf(session));
  const filesOf = (session: string): readonly string[] =>
    (safely(() => readdirSync(sessionFolder(session))) ?? []).sort().slice(-maxCalls);
  const close = (session: string, id: string): OpenCall | undefined => {
    const name = filesOf(session).find((file) => file.endsWith(`.${nameOf(id)}`));
    if (name === undefined) return undefined;
    const path = join(sessionFolder(session), name);
    const call = read(path);
    const isMine = safely(() => {
      unlinkSync(path);
      return true;
    });
    // Fails while there are others.
    safely(() => rmdirSync(sessionFolder(session)));
    return isMine === true ? call : undefined;
  };
  return {
    open(call) {
      close(call.session, call.id);
      count += 1;
      const order = `${String(Date.now()).padStart(15, '0')}${String(count).padStart(4, '0')}`;
      safely(() => {
        mkdirSync(sessionFolder(call.session), { recursive: true, mode: 0o700 });
        const path = join(sessionFolder(call.session), `${order}.${nameOf(call.id)}`);
        writeFileSync(path, JSON.stringify(call), { mode: 0o600 });
      });
    },
    of: (session) =>
      filesOf(session)
        .map((name) => read(join(sessionFolder(session), name)))
        .filter((call) => call !== undefined),
    close,
  };
};

/** Forgets sessions that were quiet for 30 days. Never throws. */
export const forgetQuietSessions = (folder: string, now = Date.now()): void => {
  for (const name of safely(() => readdirSync(folder)) ?? []) {
    const path = join(folder, name);
    const changed = safely(() => statSync(path).mtimeMs);
    if (changed !== undefined && now - changed > quietMs)
      safely(() => rmSync(path, { recursive: true, force: true }));
  }
};
