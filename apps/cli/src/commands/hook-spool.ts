import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Lines that an earlier call could not deliver. */
export interface Spooled {
  readonly text: string;
  /** They arrived, or nobody will ever take them. */
  done(): void;
  /** They wait for the next call. */
  putBack(): void;
}

/** How much the spool may hold, and how much of it one call takes along. */
export interface SpoolLimits {
  readonly files: number;
  readonly bytes: number;
  readonly filesAtOnce: number;
  readonly bytesAtOnce: number;
}

const defaults: SpoolLimits = {
  files: 2_000,
  bytes: 16 * 1024 * 1024,
  filesAtOnce: 200,
  bytesAtOnce: 1024 * 1024,
};

const suffix = '.ndjson';
const claimed = '.sending';

/** A call that was ended while it sent leaves its files claimed; after so long they are anyone's. */
const claimMs = 30_000;

const safely = <Value>(work: () => Value): Value | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

const names = (directory: string): readonly string[] => safely(() => readdirSync(directory)) ?? [];

/** The files that wait, oldest first: their names begin with their times. */
const waiting = (directory: string): readonly string[] =>
  names(directory)
    .filter((name) => name.endsWith(suffix))
    .sort();

const sizeOf = (path: string): number => safely(() => statSync(path).size) ?? 0;

/** Frees what a call that is gone had claimed. */
const release = (directory: string, now: number): void => {
  for (const name of names(directory)) {
    if (!name.endsWith(claimed)) continue;
    const path = join(directory, name);
    const age = now - (safely(() => statSync(path).ctimeMs) ?? now);
    if (age > claimMs) safely(() => renameSync(path, path.slice(0, -claimed.length)));
  }
};

const trim = (directory: string, limits: SpoolLimits): void => {
  const files = waiting(directory);
  let bytes = files.reduce((sum, name) => sum + sizeOf(join(directory, name)), 0);
  let count = files.length;
  for (const name of files) {
    if (count <= limits.files && bytes <= limits.bytes) return;
    const path = join(directory, name);
    bytes -= sizeOf(path);
    count -= 1;
    safely(() => unlinkSync(path));
  }
};

/**
 * Keeps lines for a later call: one file for each call, so that calls that run at once need no lock. Beyond the limits the
 * oldest go.
 *
 * @throws what the file system says where the directory cannot be written.
 */
export const keepForLater = (directory: string, text: string, limits: SpoolLimits = defaults): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const name = `${String(Date.now()).padStart(15, '0')}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  const draft = join(directory, `${name}.draft`);
  // Only this user reads it: it may hold what was asked.
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, join(directory, name + suffix));
  trim(directory, limits);
};

/** Takes some of what waits, oldest first. Of calls that run at once each file goes to one. Never throws. */
export const takeWaiting = (directory: string, limits: SpoolLimits = defaults): Spooled | undefined => {
  release(directory, Date.now());
  const taken: string[] = [];
  let text = '';
  for (const name of waiting(directory).slice(0, limits.filesAtOnce)) {
    const path = join(directory, name);
    if (taken.length > 0 && text.length + sizeOf(path) > limits.bytesAtOnce) break;
    // The one whose renaming succeeds has it.
    const lines = safely(() => {
      renameSync(path, path + claimed);
      return readFileSync(path + claimed, 'utf8');
    });
    if (lines === undefined) continue;
    taken.push(path);
    text += lines.endsWith('\n') || lines === '' ? lines : `${lines}\n`;
  }
  if (taken.length === 0) return undefined;
  return {
    text,
    done: () => taken.forEach((path) => safely(() => unlinkSync(path + claimed))),
    putBack: () => taken.forEach((path) => safely(() => renameSync(path + claimed, path))),
  };
};
