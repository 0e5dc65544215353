import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { cliFixture } from '../testing/cli-fixture.js';

const cli = cliFixture();
const { run } = cli;

const event = (n: number, more: object = {}): string =>
  JSON.stringify({
    event_type: 'pre_tool_use',
    agent_id: 'a',
    trace_id: `trace-${n % 7}`,
    data: { n },
    ...more,
  });

const file = async (lines: readonly string[]): Promise<string> => {
  const path = join(cli.folder, 'run.ndjson');
  await writeFile(path, lines.join('\n'));
  return path;
};

const events = (count: number): string[] => Array.from({ length: count }, (_, index) => event(index + 1));
const numbers = (): (number | undefined)[] =>
  cli.server.received.flatMap(({ lines }) => lines.map(({ data }) => data.n));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('publish', () => {
  it('sends every line once, in order, and exits 0', async () => {
    const { exitCode, stderr } = await run(['publish', await file(events(9_000))]);
    expect(stderr).toContain('published 9,000 events');
    expect(exitCode).toBe(0);
    expect(numbers()).toEqual(upTo(9_000));
    expect(Math.max(...cli.server.received.map(({ lines }) => lines.length))).toBeLessThanOrEqual(2_000);
    expect(cli.server.received[0]?.headers['content-type']).toBe('application/x-ndjson');
  });

  it('reads standard input, in chunks that end anywhere', async () => {
    const bytes = Buffer.from(`${events(50).join('\n')}\n`);
    const stdin = Readable.from(
      Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7)),
    );
    expect((await run(['publish', '-'], { stdin })).exitCode).toBe(0);
    expect(numbers()).toEqual(upTo(50));
  });

  it('names every refused line with its field and reason, sends the good ones beside it, and exits 2', async () => {
    const lines = [
      event(1),
      '{',
      '',
      event(2, { agent_id: 5 }),
      event(3),
      event(4, { result: { success: true } }),
    ];
    const { exitCode, stderr } = await run(['publish', await file(lines)]);
    expect(exitCode).toBe(2);
    expect(numbers()).toEqual([1, 3]);
    expect(stderr).toContain('line 2: is not valid JSON');
    expect(stderr).toContain('line 4: agent_id must be a string');
    expect(stderr).toContain('line 6: result is refused');
    expect(stderr).toContain('3 lines refused');
  });

  it('names by its line in the file what the gateway refuses', async () => {
    cli.server.answering = ({ lines }) => ({
      status: 202,
      body: { accepted: lines.length - 1, rejected: [{ line: 2, field: 'data', reason: 'is too large' }] },
    });
    const { exitCode, stderr } = await run(['publish', await file(['', event(1), '', event(2)])]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('line 4: data is too large');
    expect(stderr).toContain('published 1 event to');
  });

  it('waits as long as Retry-After asks, and repeats the same events under the same ids', async () => {
    cli.server.answering = ({ index: request }) =>
      request === 0
        ? { status: 429, retryAfter: '1' }
        : request === 1
          ? { status: 503, retryAfter: '0' }
          : undefined;
    const began = performance.now();
    const { exitCode, stderr } = await run(['publish', await file(events(3))]);
    expect(exitCode).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(950);
    // The file's last line has no line feed and is read a turn later: it may come in a batch of its own.
    const [refused, cut, taken, ...after] = cli.server.received.map(({ lines }) => lines);
    expect(cut).toEqual(refused);
    expect(taken).toEqual(refused);
    expect([...(taken ?? []), ...after.flat()].map(({ data }) => data.n)).toEqual(upTo(3));
    expect(cli.server.received[0]?.lines[0]?.event_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(stderr).toContain('busy (429)');
  });

  it('repeats what was cut off before its answer', async () => {
    cli.server.answering = ({ index: request }) => (request === 0 ? { status: 0, cut: true } : undefined);
    expect((await run(['publish', await file(events(5))])).exitCode).toBe(0);
    expect(cli.server.received[1]?.lines).toEqual(cli.server.received[0]?.lines);
  });

  it('gives up after the time without progress, exits 1, and says from which line to go on', async () => {
    cli.server.answering = ({ index: request }) => (request < 2 ? undefined : { status: 503 });
    const path = await file(events(6_000));
    const { exitCode, stderr } = await run(['publish', path, '--timeout', '300ms']);
    expect(exitCode).toBe(1);
    const taken = cli.server.received.slice(0, 2).reduce((sum, { lines }) => sum + lines.length, 0);
    expect(stderr).toContain(`--from-line ${taken + 1}`);
    expect(stderr).toContain(`published ${taken.toLocaleString('en-US')} events`);
    expect(stderr).toContain('may have been taken all the same');

    cli.server.answering = () => undefined;
    cli.server.received.length = 2;
    expect((await run(['publish', path, '--from-line', String(taken + 1)])).exitCode).toBe(0);
    expect(numbers()).toEqual(upTo(6_000));
  });

  it('exits 1 where nothing listens, and names the address', async () => {
    const closed = cli.server.url;
    await cli.server.close();
    const { exitCode, stderr } = await run(['publish', await file(events(1)), '--timeout', '200ms'], {
      env: { KAIZEN_GATEWAY_URL: closed },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(closed);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain('no line is done; try again with: kaizen-trace publish');
    expect(stderr).not.toContain('--from-line');
    expect(stderr).not.toContain('may have been taken');
  });

  it('gives up at once, and says so, where something else than HTTP answers', async () => {
    const other = createServer((socket) =>
      socket.once('data', () => socket.end(Buffer.from([0, 0, 18, 4, 0, 0, 0, 0, 0]))),
    );
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const began = performance.now();
    const { exitCode, stderr } = await run(['publish', await file(events(1))], {
      env: { KAIZEN_GATEWAY_URL: url },
    });
    other.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`what answers at ${url} does not speak HTTP: set KAIZEN_GATEWAY_URL`);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('warns of a variable that is misspelt, whichever the command', async () => {
    const { stderr } = await run(['publish', await file(events(1))], { env: { KAFKA_BROKER: 'b:9092' } });
    expect(stderr).toContain('KAFKA_BROKER is set, but nothing reads it. Did you mean KAFKA_BROKERS?');
    expect((await run(['publish', await file(events(1))])).stderr).not.toContain('warning');
  });

  it('shows the key, and says which variable is missing where it is wanted', async () => {
    cli.server.answering = ({ headers }) =>
      headers.authorization === 'Bearer secret-1' ? undefined : { status: 401 };
    const path = await file(events(1));
    const without = await run(['publish', path]);
    expect(without.exitCode).toBe(1);
    expect(without.stderr).toContain('wants a key: set KAIZEN_API_KEY');
    const wrong = await run(['publish', path], { env: { KAIZEN_API_KEY: 'secret-2' } });
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('does not know the key in KAIZEN_API_KEY');
    expect(wrong.stderr).not.toContain('secret-2');
    const withKey = await run(['publish', path], { env: { KAIZEN_API_KEY: 'secret-1' } });
    expect(withKey.exitCode).toBe(0);
    expect(withKey.stderr).not.toContain('secret-1');
  });

  it('halves a batch that is too large for the gateway, down to the line that is', async () => {
    cli.server.answering = ({ lines }) =>
      lines.length > 3 || lines.some(({ data }) => data.n === 5) ? { status: 413 } : undefined;
    const { exitCode, stderr } = await run(['publish', await file(events(20))]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('line 5: too large');
    expect(stderr).toContain('published 19 events');
  });

  it('does not repeat what would be refused again', async () => {
    cli.server.answering = () => ({ status: 404 });
    const { exitCode, stderr } = await run(['publish', await file(events(1))]);
    expect(exitCode).toBe(1);
    expect(cli.server.received).toHaveLength(1);
    expect(stderr).toContain('KAIZEN_GATEWAY_URL');
  });

  it('says what was sent when it is interrupted, and exits 130', async () => {
    const interrupt = new AbortController();
    cli.server.answering = ({ index: request }) => {
      if (request === 1) interrupt.abort();
      return undefined;
    };
    const { exitCode, stderr } = await run(['publish', await file(events(100_000))], {
      signal: interrupt.signal,
    });
    expect(exitCode).toBe(130);
    const sent = numbers().length;
    expect(sent).toBeLessThan(100_000);
    expect(stderr).toContain(`published ${sent.toLocaleString('en-US')} events`);
    expect(stderr).toContain(`--from-line ${sent + 1}`);
  });

  it('only checks with --dry-run', async () => {
    const { exitCode, stderr } = await run(['publish', await file([event(1), '[]']), '--dry-run']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('line 2: must be an object');
    expect(cli.server.received).toEqual([]);
  });

  it('says in one line what is wrong with a file', async () => {
    for (const [path, reason] of [
      [join(cli.folder, 'none'), 'not there'],
      [cli.folder, 'directory'],
    ] as const) {
      const { exitCode, stderr } = await run(['publish', path]);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(reason);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  it('names every wrong setting at once', async () => {
    const { exitCode, stderr } = await run(['publish', await file([])], {
      env: { KAIZEN_GATEWAY_URL: 'nonsense', KAIZEN_PARTITIONS: '-1' },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('KAIZEN_GATEWAY_URL');
    expect(stderr).toContain('KAIZEN_PARTITIONS');
  });
});
