import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freePorts, queryJaeger, type JaegerSpan } from '@kaizen-trace/testkit';
import { startService, type RunningService } from './testing/run-process.js';

/** Long enough for an agent to start again on a busy machine. */
const graceMs = 10_000;
const afterGraceMs = graceMs + 3_000;

const event = (eventType: string, data: Readonly<Record<string, unknown>> = {}) => ({
  eventType,
  agentId: 'agent',
  data,
});

/** A loop with two tool calls: all but its end, then its end. */
const loop = [
  [
    event('pre_agent_loop'),
    ...['search', 'read'].flatMap((name) => [
      event('pre_tool_use', { tool_name: name }),
      event('post_tool_use', { tool_name: name }),
    ]),
  ],
  [event('post_agent_loop')],
] as const;

const names = [
  'post_agent_loop',
  'post_tool_use:read',
  'post_tool_use:search',
  'pre_agent_loop',
  'pre_tool_use:read',
  'pre_tool_use:search',
];

const newTraceId = (): string => randomBytes(16).toString('hex');

const isOrphan = ({ tags }: JaegerSpan): boolean => tags.some(({ key }) => key === 'kaizen.orphan');

describe('an agent that is killed after its events are taken, and before it hears of it', () => {
  let folder: string;
  let up: RunningService;
  let gateway: string;
  let query: string;
  /** Passes on to the gateway, and answers the agent unless the end of a loop was among it. */
  let between: Server;
  let endsTaken = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-restart-'));
    const services = ['GATEWAY', 'ASSEMBLER', 'EXPORTER', 'QUERY', 'OTLP'];
    const ports = await freePorts(services.length);
    const env = Object.fromEntries(
      services.map((name, index) => [`KAIZEN_${name}_PORT`, String(ports[index])]),
    );
    const data = { KAIZEN_DATA_DIR: join(folder, 'data'), KAIZEN_REORDER_GRACE: `${graceMs / 1000}s` };
    up = startService('apps/cli/bin/kaizen-trace.js', { ...env, ...data, TEST_CWD: folder }, ['up']);
    await up.says(/is running/);
    gateway = `http://127.0.0.1:${env.KAIZEN_GATEWAY_PORT ?? ''}`;
    query = `http://127.0.0.1:${env.KAIZEN_QUERY_PORT ?? ''}`;
    between = createServer((request, response) => {
      void (async () => {
        const body = await text(request);
        const { status } = await fetch(`${gateway}/v1/events`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body,
        });
        const accepted = body.trim().split('\n').length;
        // The end of a loop is taken without a word.
        const isEnd = body.includes('post_agent_loop');
        if (isEnd && status === 202) endsTaken += body;
        if (!isEnd) response.writeHead(status).end(JSON.stringify({ accepted, rejected: [] }));
      })();
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
  }, 120_000);

  afterAll(async () => {
    between.closeAllConnections();
    between.close();
    await up.end();
    await rm(folder, { recursive: true, force: true });
  });

  const startAgent = (url: string, spool: string, lists: readonly (readonly object[])[]): RunningService =>
    startService('libs/agent-specs/agents/spooling-agent.mjs', {}, [
      JSON.stringify({ url, spool: { directory: join(folder, spool) } }),
      JSON.stringify(lists),
    ]);

  /** Runs one until the end of its loop is taken, and kills it. */
  const crash = async (traceId: string): Promise<void> => {
    const { port } = between.address() as AddressInfo;
    const lists = loop.map((events) => events.map((each) => ({ ...each, traceId })));
    const agent = startAgent(`http://127.0.0.1:${port}`, traceId, [lists[0]!, lists[1]!]);
    await agent.says(/delivered 0/);
    await agent.says(/accepted 1/);
    await eventually('the end of the loop is taken', 10_000, () =>
      Promise.resolve(endsTaken.includes(traceId)),
    );
    await agent.kill();
  };

  /** Starts it again, and waits until what it found is sent. */
  const restart = async (traceId: string): Promise<{ readonly possiblyRepeated: number }> => {
    const agent = startAgent(gateway, traceId, [[event('note')]]);
    const [, stats = ''] = await agent.says(/delivered 0: (\{.*\})/);
    await agent.end();
    return JSON.parse(stats) as { readonly possiblyRepeated: number };
  };

  const spansOf = async (traceId: string): Promise<readonly JaegerSpan[]> =>
    (await queryJaeger(query).trace(traceId))?.spans ?? [];

  const shown = (spans: readonly JaegerSpan[]): readonly string[] =>
    spans.map(({ operationName }) => operationName).sort();

  it('shows nothing twice after a restart within the grace; after a later one it repeats the last batch, counted', async () => {
    const [beyondId, withinId] = [newTraceId(), newTraceId()];
    await crash(beyondId);
    await crash(withinId);
    expect((await restart(withinId)).possiblyRepeated).toBe(1);
    await sleep(afterGraceMs);
    const within = await spansOf(withinId);
    expect(shown(within)).toEqual(names);
    expect(within.filter(isOrphan)).toEqual([]);
    expect(shown(await spansOf(beyondId))).toEqual(names);
    expect((await restart(beyondId)).possiblyRepeated).toBe(1);
    await eventually('the repeat is shown', afterGraceMs + 20_000, async () =>
      (await spansOf(beyondId)).some(isOrphan),
    );
    const beyond = await spansOf(beyondId);
    expect([...new Set(shown(beyond))]).toEqual(names);
    expect(shown(beyond.filter(isOrphan))).toEqual(['post_agent_loop']);
    expect(beyond.length).toBeLessThanOrEqual(names.length + 1);
  }, 120_000);
});
