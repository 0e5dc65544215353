import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeSpan, splitTraceRequest } from '@kaizen-trace/otlp';
import { acceptSpans, freePorts, startOtlpBackend } from '@kaizen-trace/testkit';
import type { OtlpBackend } from '@kaizen-trace/testkit';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const command = [
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  '--conditions=@kaizen-trace/source',
  '--import',
  pathOf('../../state-store/test/source-hooks.mjs'),
  pathOf('../test/traced-process.mjs'),
];

const children: ChildProcess[] = [];
const backends: OtlpBackend[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const backend of backends.splice(0)) backend.stop();
});

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the moment that it was ready, or told to end, in milliseconds. */
  readonly tookMs: number;
}

/** Runs the agent until it is ready, sends it the signals, and waits for its end. */
const endOf = async (how: string, port: number, signals: readonly NodeJS.Signals[] = []): Promise<End> => {
  const child = spawn(process.execPath, [...command, how, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.push(child);
  await once(child.stdout, 'data');
  const began = performance.now();
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  for (const signal of signals) {
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const [code, signal] = await ended;
  return { code, signal, tookMs: performance.now() - began };
};

const backend = async (): Promise<OtlpBackend> => {
  const started = await startOtlpBackend(acceptSpans);
  backends.push(started);
  return started;
};

const messagesOf = ({ requests }: OtlpBackend): readonly string[] =>
  requests.flatMap((request) => {
    const split = splitTraceRequest(request);
    if (split.type !== 'split') throw new Error(split.reason);
    return split.groups.flatMap(({ spans }) => spans.map(({ bytes }) => decodeSpan(bytes).statusMessage));
  });

describe('when an agent ends', () => {
  it('what it traced is sent, and what was open says so', async () => {
    const taking = await backend();
    expect(await endOf('ends', taking.port)).toMatchObject({ code: 0, signal: null });
    expect(messagesOf(taking)).toEqual(['tracing was shut down']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s, the same, and it ends by that signal', async (told) => {
    const taking = await backend();
    expect(await endOf('waits', taking.port, [told])).toMatchObject({ code: null, signal: told });
    expect(messagesOf(taking)).toEqual(['tracing was shut down']);
  });

  it('by a signal that it handles itself, tracing goes on until it ends', async () => {
    const taking = await backend();
    expect(await endOf('listens', taking.port, ['SIGTERM'])).toMatchObject({ code: 7 });
    expect(messagesOf(taking)).toEqual([]);
  });

  it('by a signal that it survives after all, the next one finds what began since', async () => {
    const taking = await backend();
    expect(await endOf('survives', taking.port, ['SIGTERM', 'SIGTERM'])).toMatchObject({ signal: 'SIGTERM' });
    expect(messagesOf(taking)).toEqual(['tracing was shut down', 'tracing was shut down']);
  });

  it('a backend that is away does not hold it up', async () => {
    const [port = 0] = await freePorts(1);
    const { code, tookMs } = await endOf('ends', port);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(4_000);
  });

  it('a backend that never answers holds it up for five seconds, and not at all when it is told twice', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const once = await endOf('waits', port, ['SIGTERM']);
    const twice = await endOf('waits', port, ['SIGTERM', 'SIGTERM']);
    for (const socket of sockets) socket.destroy();
    server.close();
    expect([once.signal, twice.signal]).toEqual(['SIGTERM', 'SIGTERM']);
    expect(once.tookMs).toBeGreaterThan(3_000);
    expect(once.tookMs).toBeLessThan(8_000);
    expect(twice.tookMs).toBeLessThan(2_000);
  }, 40_000);
});
