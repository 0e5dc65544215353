import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePorts } from '@kaizen-trace/testkit';
import { examine, type Examined } from './testing/examine.js';
import { type Running, startProcess } from './testing/processes.js';

const cli = 'apps/cli/bin/kaizen-trace.js';
/** Short, so that orphans and abandoned operations come within the test. */
const quick = { KAIZEN_REORDER_GRACE: '1s', KAIZEN_OPEN_TTL: '3s', KAIZEN_LOG_LEVEL: 'warn' };

interface Line {
  readonly event_type: string;
  readonly agent_id?: string;
  readonly [field: string]: unknown;
}

const loop = (traceId: string, ...inner: readonly Line[]): readonly Line[] => {
  const all = [
    { event_type: 'pre_agent_loop', call_id: 'loop' },
    ...inner,
    { event_type: 'post_agent_loop', call_id: 'loop' },
  ];
  return all.map((line) => ({ agent_id: 'a', trace_id: traceId, ...line }));
};

const tool = (half: 'pre' | 'post', name: string, more: Record<string, unknown> = {}): Line => ({
  event_type: `${half}_tool_use`,
  data: { tool_name: name },
  ...more,
});

/** Writes the script of such an agent. Gives its path from the repository. */
const writerOf = (
  folder: string,
  given: { readonly spool: string; readonly gatewayUrl: string; readonly events: number },
): string => {
  const sdk = fileURLToPath(new URL('../../../libs/agent/dist/index.js', import.meta.url));
  const file = join(folder, 'agent.mjs');
  writeFileSync(
    file,
    `import { httpPublisher } from ${JSON.stringify(sdk)};
     const publisher = httpPublisher({
       url: ${JSON.stringify(given.gatewayUrl)},
       overflow: 'spool',
       spool: { directory: ${JSON.stringify(given.spool)} },
       onProblem: () => undefined,
     });
     for (let n = 0; n < ${given.events}; n += 1)
       publisher.publish({ eventType: 'note', agentId: 'a', traceId: 'spooled' });
     console.log('published ${given.events}');
     setInterval(() => undefined, 1000);`,
  );
  return relative(fileURLToPath(new URL('../../..', import.meta.url)), file);
};

describe('doctor beside a running pipeline', () => {
  let folder: string;
  let up: Running;
  let env: Record<string, string>;

  const start = async (more: Record<string, string> = {}): Promise<void> => {
    const [gateway, assembler, exporter, query, otlp] = (await freePorts(5)).map(String) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const own = { KAIZEN_DATA_DIR: join(folder, 'data'), KAIZEN_QUERY_PORT: query };
    up = startProcess(cli, ['up'], {
      ...quick,
      ...own,
      KAIZEN_GATEWAY_PORT: gateway,
      KAIZEN_ASSEMBLER_PORT: assembler,
      KAIZEN_EXPORTER_PORT: exporter,
      KAIZEN_OTLP_PORT: otlp,
      ...more,
    });
    await up.says(/is running/);
    env = { ...own, KAIZEN_GATEWAY_URL: `http://127.0.0.1:${gateway}`, JAEGER_PORT: otlp };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaizen-doctor-'));
    await start();
  }, 60_000);

  afterAll(async () => {
    for (const agent of agents) if (agent.child.exitCode === null) agent.child.kill('SIGKILL');
    await up.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const agents: Running[] = [];

  /** Publishes by way of the spool, and lives on. */
  const startAgent = (spool: string, gatewayUrl: string, events: number): Running => {
    const started = startProcess(writerOf(folder, { spool, gatewayUrl, events }), [], {});
    agents.push(started);
    return started;
  };

  const post = async (lines: readonly Line[]): Promise<void> => {
    const response = await fetch(`${env.KAIZEN_GATEWAY_URL!}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(lines),
    });
    expect(response.status).toBe(202);
  };

  /** Looks until the findings are as they should be: spans, grace and TTL take their time. */
  const traceSays = async (
    id: string,
    expected: RegExp,
    given: Record<string, string> = env,
  ): Promise<string> => {
    for (const deadline = Date.now() + 30_000; ;) {
      const said = (await examine(given, ['--trace', id])).lines('trace');
      if (expected.test(said)) return said;
      if (Date.now() > deadline)
        throw new Error(`doctor --trace ${id} said:\n${said}\nnot ${expected.source}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  it('finds all of it well, and a trace without anything odd', async () => {
    await post(loop('well', tool('pre', 'search'), tool('post', 'search', { result: { success: true } })));
    await traceSays('well', /^ok: 4 spans, nothing odd about them, 4 events in the log/);
    const all: Examined = await examine(env);
    expect(all.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'log ok',
      'gateway ok',
      'otlp ok',
      'query ok',
      'pipeline ok',
      'letters ok',
      'settings ok',
    ]);
    expect(all.check('pipeline').detail).toMatch(/^1 assembler for all partitions/);
    expect(all.check('log').detail).toContain('all of it folded');
  }, 60_000);

  it('says that spans are there under another service than the one looked for', async () => {
    const { lines } = await examine(env, ['--service', 'my-agent']);
    expect(lines('query')).toMatch(/^warned: .*no spans of service my-agent; it has kaizen-agents/);
    expect((await examine({ ...env, SERVICE_NAME: 'other' })).lines('query')).toMatch(/service other/);
  }, 30_000);

  it('says of a trace that nobody has seen where to look', async () => {
    await traceSays(
      'never-sent',
      /^failed: the backend has no span of trace [0-9a-f]{32}.*flush before.*JAEGER_HOST/,
    );
  }, 60_000);

  it('says of a PRE without its POST that it is open, and later that it was abandoned', async () => {
    await post(loop('half', tool('pre', 'search')));
    await traceSays('half', /warned: 1 of its operations are open \(tool_use:search\).*POST is missing/);
    await traceSays(
      'half',
      /warned: 1 span never got a POST \(pre_tool_use:search\).*emit it on failure too/,
    );
  }, 60_000);

  it('says of a POST whose name is not its PRE’s that it is an orphan', async () => {
    await post(loop('misnamed', tool('pre', 'search'), tool('post', 'serach')));
    await traceSays(
      'misnamed',
      /warned: 1 span came from a POST without a PRE \(post_tool_use:serach\).*same kind, name/,
    );
  }, 60_000);

  it('says of a parent that no PRE has that it is unknown', async () => {
    await post(
      loop('lost-parent', tool('pre', 'search', { parent_call_id: 'lopo' }), tool('post', 'search')),
    );
    const said = await traceSays('lost-parent', /name a parent that is not in the trace.*parent_call_id/);
    expect(said).toMatch(/no PRE of the trace has the call_id that \d+ of its events name .*\(lopo\)/);
  }, 60_000);

  it('says of children under an operation that is open that their parent comes', async () => {
    const lines = loop('open-parent', tool('pre', 'search'), tool('post', 'search')).slice(0, -1);
    await post(lines);
    await traceSays('open-parent', /belong under an operation that is still open/);
  }, 60_000);

  it('says which ids stand more than once', async () => {
    const twice = { event_id: 'same' };
    await post(loop('repeats', { event_type: 'note', ...twice }, { event_type: 'note', ...twice }));
    await traceSays('repeats', /1 event ids stand in the log more than once \(same\): each counts once/);
    await post(
      loop(
        'reused',
        tool('pre', 'a', { call_id: 'c' }),
        tool('post', 'a', { call_id: 'c' }),
        tool('pre', 'b', { call_id: 'c' }),
        tool('post', 'b', { call_id: 'c' }),
      ),
    );
    await traceSays('reused', /1 call_ids name more than one operation \(c\)/);
  }, 60_000);

  it('says that two clocks of an agent differ', async () => {
    const at = 1_795_000_000;
    await post(loop('skewed', tool('pre', 's', { timestamp: at }), tool('post', 's', { timestamp: at - 5 })));
    await traceSays('skewed', /end before they begin.*clocks of two machines/);
  }, 60_000);

  it('says what waits in a spool, and who sends it: a process, or nobody any more', async () => {
    const spool = join(folder, 'spool');
    const spoolSays = async (expected: RegExp): Promise<string> => {
      for (const deadline = Date.now() + 30_000; ;) {
        const said = (await examine(env, ['--spool', spool])).lines('spool');
        if (expected.test(said)) return said;
        if (Date.now() > deadline) throw new Error(`doctor --spool said:\n${said}\nnot ${expected.source}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await spoolSays(/^failed: .*cannot be read as a spool \(ENOENT\)/);
    const agent = startAgent(spool, 'http://127.0.0.1:1', 7);
    await agent.says(/published 7/);
    await spoolSays(
      new RegExp(`^warned: 7 events wait in .*, and process ${agent.child.pid} on .* sends them`),
    );
    await agent.end('SIGKILL');
    const left = await spoolSays(/^warned: 7 events wait to be sent in .*which has ended/);
    expect(left).toContain('Start an agent with this spool directory');
    const next = startAgent(spool, env.KAIZEN_GATEWAY_URL!, 1);
    await next.says(/published 1/);
    await spoolSays(/^ok: nothing waits in/);
    await next.end('SIGKILL');
    await traceSays('spooled', /8 events in the log/);
  }, 60_000);

  it('says that events are taken but nobody folds them, and how many wait', async () => {
    await up.end();
    const { check, lines } = await examine(env);
    expect(check('gateway').outcome).toBe('failed');
    expect(lines('pipeline')).toMatch(/^skipped: the gateway cannot be asked/);
    const publishing = startProcess(cli, ['publish', 'examples/01-first-trace/run.ndjson'], {
      KAIZEN_DATA_DIR: env.KAIZEN_DATA_DIR!,
    });
    await publishing.says(/published 236 events/);
    expect((await examine(env)).lines('log')).toMatch(
      /^failed: .*236 of its records are not folded.*nobody is at it/,
    );
    await start({ KAIZEN_EVENTS_TO_TRACE: 'pre_agent_loop,post_agent_loop,post_tool_use' });
    await eventuallyFolded();
  }, 60_000);

  const eventuallyFolded = async (): Promise<void> => {
    for (const deadline = Date.now() + 20_000; ;) {
      const said = (await examine(env)).lines('log');
      if (said.startsWith('ok: ') && said.includes('all of it folded')) return;
      if (Date.now() > deadline) throw new Error(said);
    }
  };

  it('says what a filter leaves out, and what half a kind comes to', async () => {
    const filter = { KAIZEN_EVENTS_TO_TRACE: 'pre_agent_loop,post_agent_loop,post_tool_use' };
    await post(loop('filtered', tool('pre', 'search'), tool('post', 'search'), { event_type: 'note' }));
    const said = await traceSays('filtered', /came from a POST without a PRE/, { ...env, ...filter });
    expect(said).toMatch(/KAIZEN_EVENTS_TO_TRACE leaves out pre_tool_use, note/);
    const { lines } = await examine({ ...env, ...filter });
    expect(lines('settings')).toMatch(/post_tool_use through, but not pre_tool_use/);
  }, 60_000);
});
