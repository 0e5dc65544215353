import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '@kaizen-trace/cli';
import { spansIn, type SeenSpan } from './records.js';

/** What a replay said and gave. */
export interface Replayed {
  readonly exitCode: number;
  /** What it lists: traces that are incomplete, operations that are open, differences. */
  readonly listed: string;
  /** What it tells people. */
  readonly said: string;
  readonly spans: readonly SeenSpan[];
}

type Environment = Readonly<Record<string, string>>;

const run = async (env: Environment, args: readonly string[]): Promise<Omit<Replayed, 'spans'>> => {
  const stdout = new PassThrough();
  const printed = text(stdout);
  let said = '';
  const stderr = {
    write: (line: string): boolean => {
      said += line;
      return true;
    },
  };
  const { signal } = new AbortController();
  const exitCode = await runCli(['replay', ...args], {
    env,
    stdin: Readable.from([]),
    stdout,
    stderr,
    signal,
  });
  stdout.end();
  return { exitCode, listed: await printed, said };
};

/** The messages of a file of format `proto`: each behind its length in four bytes. */
const messagesIn = (file: Buffer): readonly Uint8Array[] => {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const end = at + 4 + file.readUInt32BE(at);
    messages.push(file.subarray(at + 4, end));
    at = end;
  }
  return messages;
};

/** Runs `kaizen-trace replay` into a file, and gives the spans in it. */
export const replayed = async (env: Environment, ...args: readonly string[]): Promise<Replayed> => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-replayed-'));
  try {
    const file = join(folder, 'spans');
    const fixed = ['--file', file, '--format', 'proto', '--resume-file', join(folder, 'resume.json')];
    const ran = await run(env, [...fixed, ...args]);
    return { ...ran, spans: spansIn(messagesIn(await readFile(file))) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Runs `kaizen-trace replay --verify`: what it lists are the differences between log and span topic. */
export const verified = (env: Environment): Promise<Omit<Replayed, 'spans'>> => run(env, ['--verify']);
