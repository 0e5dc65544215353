import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createRedactor } from '@kaizen-trace/redaction';
import {
  defineSettings,
  describeProblems,
  hookSettings,
  readSettings,
  type HookSettings,
} from '@kaizen-trace/settings';
import { claudeCodeEvents } from '@kaizen-trace/sources';
import { forgetQuietSessions, openCallsInFolder } from './hook-calls.js';
import { postEvents } from './hook-post.js';
import { keepForLater, takeWaiting } from './hook-spool.js';

/** What a hook may touch of its process. Nothing is ever written to standard output: the agent reads that. */
export interface HookContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** Told what went wrong, where a person asks for it. */
  readonly note: (text: string) => void;
}

const maxPayloadBytes = 16 * 1024 * 1024;

/** An empty variable counts as unset. */
const stateFolder = ({ XDG_STATE_HOME: state = '' }: HookContext['env']): string =>
  join(state === '' ? join(homedir(), '.local', 'state') : state, 'kaizen-trace', 'hooks');

/** The payload's text; undefined where it is too large or does not come in time. */
const readAll = async (stdin: Readable, signal: AbortSignal): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const abort = (): void => void stdin.destroy(new Error('too late'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
      const piece = Buffer.from(chunk as string);
      bytes += piece.length;
      if (bytes > maxPayloadBytes) return undefined;
      chunks.push(piece);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return undefined;
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** The payload's events as lines, without secrets; undefined where it is no hook of Claude Code. */
const linesOf = (text: string, settings: HookSettings, folder: string): string | undefined => {
  const payload = parse(text);
  const events = claudeCodeEvents(payload, {
    receivedAt: Date.now() / 1_000,
    newId: () => crypto.randomUUID(),
    calls: openCallsInFolder(join(folder, 'open')),
    trace: settings.hookTrace,
    captureContent: settings.captureContent,
    serviceName: 'claude-code',
  });
  const redactor = createRedactor({ enabled: settings.redaction, keys: settings.redactKeys });
  return events?.map((event) => `${redactor.json(JSON.stringify(event))}\n`).join('');
};

const deliver = async (
  lines: string,
  { settings, folder, signal }: { settings: HookSettings; folder: string; signal: AbortSignal },
): Promise<string | undefined> => {
  const spool = join(folder, 'spool');
  const waiting = takeWaiting(spool);
  const body = (waiting?.text ?? '') + lines;
  if (body === '') return undefined;
  const { gatewayUrl: url, apiKey } = settings;
  const outcome = await postEvents({ url, apiKey, body, signal });
  if (outcome.type === 'done') {
    waiting?.done();
    return undefined;
  }
  waiting?.putBack();
  if (lines !== '') keepForLater(spool, lines);
  return `${outcome.reason}; kept for the next hook in ${spool}`;
};

/**
 * Takes one payload from standard input to the gateway, or into the spool where that does not answer in time; whatever an
 * earlier call left there goes along. Never throws and never rejects.
 */
export const runHook = async ({ env, stdin, note }: HookContext): Promise<void> => {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    const reading = readSettings(defineSettings({ hook: hookSettings }), env);
    if (reading.type === 'refused') {
      note(describeProblems(reading.problems));
      return;
    }
    const settings = reading.settings.hook;
    timer = setTimeout(() => controller.abort(), settings.timeoutMs);
    const folder = settings.spoolDirectory ?? stateFolder(env);
    const text = await readAll(stdin, controller.signal);
    const lines = text === undefined ? undefined : linesOf(text, settings, folder);
    if (lines === undefined) {
      note('what came on standard input is no hook of Claude Code, too large, or came too late');
      return;
    }
    const problem = await deliver(lines, { settings, folder, signal: controller.signal });
    if (problem !== undefined) note(problem);
    if (lines.includes('"event_type":"pre_session"')) forgetQuietSessions(join(folder, 'open'));
  } catch (error) {
    note(error instanceof Error ? error.message : 'unknown error');
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
};
