import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { acceptSpans, failWith } from '@kaizen-trace/testkit';
import { appendEvents, assembleAll, loopOf, spansInRequests } from '../testing/folded-log.js';
import { owner, replayFixture } from '../testing/replay-fixture.js';

describe('where replayed spans go', () => {
  const fixture = replayFixture();

  it('writes OTLP as JSON, a request a line, with ids in hex and 64-bit numbers as text', async () => {
    await appendEvents(fixture.log, loopOf('0af7651916cd43dd8448eb211c80319c', 1, 'checkout'));
    await assembleAll(fixture.log, owner);
    expect((await fixture.replay(['--file', fixture.path('out.jsonl')])).exitCode).toBe(0);
    const [line = ''] = (await readFile(fixture.path('out.jsonl'), 'utf8')).split('\n');
    const request = JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: object[] }[] }[] };
    expect(request).toMatchObject({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] },
          scopeSpans: [{ scope: { name: 'kaizen-trace', version: '1' } }],
        },
      ],
    });
    const spans = request.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(spans).toHaveLength(4);
    expect(spans[0]).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      kind: 1,
      startTimeUnixNano: expect.stringMatching(/^\d{19}$/) as unknown,
    });
  });

  it('sends to an OTLP endpoint what it wrote to a file, twice the same', async () => {
    await fixture.fill();
    const { endpoint, requests } = await fixture.backend();
    expect((await fixture.replay(['--otlp', endpoint])).exitCode).toBe(0);
    expect([...spansInRequests(requests)].sort()).toEqual(await fixture.live());
    requests.length = 0;
    expect((await fixture.replay(['--otlp', endpoint, '--parallel', '1'])).exitCode).toBe(0);
    expect([...spansInRequests(requests)].sort()).toEqual(await fixture.live());
  });

  it('repeats what the backend may take later, and counts what it refuses for good', async () => {
    await fixture.fill();
    let calls = 0;
    const { endpoint, requests } = await fixture.backend((call, answer) => {
      calls += 1;
      if (calls === 1) failWith(status.UNAVAILABLE)(call, answer);
      else if (calls === 2) failWith(status.INVALID_ARGUMENT, { message: 'bad span' })(call, answer);
      else acceptSpans(call, answer);
    });
    const { exitCode, stderr } = await fixture.replay(['--otlp', endpoint, '--parallel', '1']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('trying again');
    expect(stderr).toMatch(/\d+ spans refused: INVALID_ARGUMENT: bad span/);
    expect(new Set(spansInRequests(requests)).size).toBe((await fixture.live()).length);
  });

  it('gives up with the reason and a way to go on where nobody listens', async () => {
    await fixture.fill();
    const { exitCode, stderr } = await fixture.replay(['--otlp', '127.0.0.1:1', '--timeout', '100ms']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('nothing listens on 127.0.0.1:1');
    expect(stderr).toContain(`go on with: kaizen-trace replay --resume ${fixture.path('resume.json')}`);
    const { endpoint, requests } = await fixture.backend();
    const resumed = await fixture.replay(['--resume', fixture.path('resume.json'), '--timeout', '100ms'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoint}` },
    });
    // The file names the endpoint that was asked for, not the environment's.
    expect(resumed.exitCode).toBe(1);
    expect(requests).toEqual([]);
  });

  it('goes on after an interruption: every span is in the file, and none twice', async () => {
    for (let nth = 0; nth < 400; nth += 1)
      await appendEvents(fixture.log, [...loopOf(`bulk-${nth}`, 12), ...loopOf(`more-${nth}`, 12)]);
    await assembleAll(fixture.log, owner);
    let interruptions = 0;
    let args: readonly string[] = ['--file', fixture.path('out'), '--format', 'proto', '--parallel', '2'];
    for (;;) {
      const interrupt = new AbortController();
      const timer = setTimeout(() => interrupt.abort(), 120 + interruptions * 150);
      const { exitCode, stderr } = await fixture.replay(args, { signal: interrupt.signal });
      clearTimeout(timer);
      if (exitCode === 0) break;
      expect(exitCode).toBe(130);
      expect(stderr).toContain(`go on with: kaizen-trace replay --resume ${fixture.path('resume.json')}`);
      interruptions += 1;
      args = ['--resume', fixture.path('resume.json')];
    }
    expect(interruptions).toBeGreaterThan(0);
    expect(await fixture.inFile('out')).toEqual(await fixture.live());
    await expect(readFile(fixture.path('resume.json'))).rejects.toThrow('ENOENT');
  }, 60_000);

  it('refuses another layout where the live spans go, unless forced or sent elsewhere', async () => {
    await fixture.fill();
    const { endpoint, requests } = await fixture.backend();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoint}` };
    for (const target of [
      ['--otlp'],
      ['--otlp', endpoint],
      ['--otlp', endpoint.replace('127.0.0.1', 'localhost')],
    ]) {
      const { exitCode, stderr } = await fixture.replay([...target, '--layout', 'operations'], { env });
      expect(stderr).toMatch(/the live layout is events.*--force/s);
      expect(exitCode).toBe(1);
    }
    expect(requests).toEqual([]);
    expect((await fixture.replay(['--otlp', '--layout', 'events'], { env })).exitCode).toBe(0);
    expect([...spansInRequests(requests)].sort()).toEqual(await fixture.live());
    const elsewhere = await fixture.backend();
    expect(
      (await fixture.replay(['--otlp', elsewhere.endpoint, '--layout', 'operations'], { env })).exitCode,
    ).toBe(0);
    expect(spansInRequests(elsewhere.requests)).toHaveLength(36);
    requests.length = 0;
    expect((await fixture.replay(['--otlp', '--layout', 'operations', '--force'], { env })).exitCode).toBe(0);
    expect(spansInRequests(requests)).toHaveLength(36);
  });

  it('takes a changed layout for another, while the state remembers operations from before', async () => {
    await fixture.fill();
    await assembleAll(fixture.log, { ...owner, settings: { layout: 'operations' } });
    await appendEvents(fixture.log, loopOf('new', 2));
    await assembleAll(fixture.log, { ...owner, settings: { layout: 'operations' } });
    const { endpoint, requests } = await fixture.backend();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoint}` };
    const { exitCode, stderr } = await fixture.replay(['--otlp'], { env });
    expect(stderr).toContain('--layout operations: the live layout is events, or was when operations began');
    expect(exitCode).toBe(1);
    expect(requests).toEqual([]);
  });

  it('keeps the headers of the environment to its own endpoint', async () => {
    await fixture.fill();
    const seen: (string | undefined)[] = [];
    const { endpoint } = await fixture.backend((call, answer) => {
      seen.push(call.metadata.get('x-key')[0]?.toString());
      acceptSpans(call, answer);
    });
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret' };
    await fixture.replay(['--otlp', endpoint], { env });
    await fixture.replay(['--otlp'], { env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoint}` } });
    expect(new Set(seen)).toEqual(new Set([undefined, 'secret']));
    expect(seen[0]).toBeUndefined();
  });

  it('does not overwrite a file', async () => {
    await fixture.fill();
    expect((await fixture.replay(['--file', fixture.path('out')])).exitCode).toBe(0);
    const { exitCode, stderr } = await fixture.replay(['--file', fixture.path('out')]);
    expect(stderr).toContain('it exists; remove it, or name another');
    expect(exitCode).toBe(1);
  });
});
