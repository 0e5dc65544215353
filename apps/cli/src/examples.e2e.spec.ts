import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sha256Hex } from '@kaizen-trace/otlp';
import {
  describeReal,
  eventually,
  freePorts,
  type JaegerSpan,
  type JaegerTrace,
  queryJaeger,
} from '@kaizen-trace/testkit';
import { runExample, shownTree, traceOf, tracesNamed } from './testing/example.js';
import { type Pipeline, startPipeline } from './testing/pipeline-process.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const cli = join(root, 'apps/cli/bin/kaizen-trace.js');
const guide = join(root, 'docs/guides/agents.md');
/** Runs an example and reads the first trace that it points at. */
const see = async (
  name: string,
  { env, queryUrl, args }: Pick<Pipeline, 'env' | 'queryUrl'> & { readonly args?: readonly string[] },
  spans: number,
): Promise<{ readonly said: string; readonly trace: JaegerTrace; readonly tree: string }> => {
  const said = await runExample(name, env, args);
  const [id = ''] = tracesNamed(said);
  const trace = await traceOf(queryJaeger(queryUrl), id, spans);
  expect(trace.spans).toHaveLength(spans);
  return { said, trace, tree: shownTree(trace) };
};

const tag = ({ tags }: JaegerSpan, key: string): unknown => tags.find((each) => each.key === key)?.value;

/** The names of the spans that failed. */
const failed = (spans: readonly JaegerSpan[]): readonly string[] =>
  spans.filter((span) => tag(span, 'otel.status_code') === 'ERROR').map(({ operationName }) => operationName);

const oneLineTree = `
pre_agent_loop [Researcher]
  post_agent_loop [Researcher]
  pre_llm_call:claude-sonnet-4-5 [Researcher]
    post_llm_call:claude-sonnet-4-5 [Researcher]
  pre_tool_use:web_search [Researcher]
    post_tool_use:web_search [Researcher]
  pre_tool_use:web_search [Researcher]
    post_tool_use:web_search [Researcher]`.trim();

const setupTree = `
pre_agent_loop [tracing-setup]
  post_agent_loop [tracing-setup]
  pre_tool_use:draw_chart [tracing-setup]
    post_tool_use:draw_chart [tracing-setup]
  pre_tool_use:group_by_region [tracing-setup]
    post_tool_use:group_by_region [tracing-setup]
  pre_tool_use:load_sales [tracing-setup]
    post_tool_use:load_sales [tracing-setup]`.trim();

const workerTree = `  pre_agent_loop [field-work]
    post_agent_loop [field-work]
${'    pre_tool_use:fetch_page [field-work]\n      post_tool_use:fetch_page [field-work]\n'.repeat(3)}`.trimEnd();

describe('the examples, beside what npm start runs', () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await startPipeline();
  }, 60_000);
  afterAll(() => pipeline.end());

  it('02: a set-up by hand shows an agent loop with three tools, eight spans', async () => {
    const { tree, said } = await see('02-tracing-setup', pipeline, 8);
    expect(tree).toBe(setupTree);
    expect(said).toContain('group_by_region is done');
  });

  it('03: one line shows the loop, the searches beside each other and the model’s tokens, but no content', async () => {
    const { tree, trace, said } = await see('03-one-line', pipeline, 8);
    expect(tree).toBe(oneLineTree);
    expect(said).toContain('A short answer');
    const model = trace.spans.find(({ operationName }) => operationName.startsWith('post_llm_call'))!;
    expect([tag(model, 'provider'), tag(model, 'input_tokens'), tag(model, 'output_tokens')]).toEqual([
      'anthropic',
      412,
      58,
    ]);
    expect(JSON.stringify(trace)).not.toMatch(/heat pumps|short answer/);
    const [first, second] = trace.spans.filter(
      ({ operationName }) => operationName === 'pre_tool_use:web_search',
    );
    expect(Math.abs(first!.startTime - second!.startTime)).toBeLessThan(first!.duration);
  });

  it('03: the same tree with its events through the gateway and the assembler', async () => {
    const env = { ...pipeline.env, KAIZEN_TRANSPORT: 'http' };
    expect((await see('03-one-line', { ...pipeline, env }, 8)).tree).toBe(oneLineTree);
  });

  it('04: a filter leaves the loop and the tools', async () => {
    const { tree, said } = await see('04-event-filter', pipeline, 6);
    expect(said).toContain('12 events, 6 of them traced');
    expect(tree.split('\n').map((line) => line.replace(' [library]', '').trim())).toEqual([
      'pre_agent_loop',
      'post_agent_loop',
      'pre_tool_use:lend_book',
      'post_tool_use:lend_book',
      'pre_tool_use:lend_book',
      'post_tool_use:lend_book',
    ]);
  });

  it('05: a supervisor and its workers show as one tree, in two services', async () => {
    const { tree } = await see('05-multi-agent', pipeline, 28);
    expect(tree).toBe(
      `
pre_agent_loop [supervision]
  post_agent_loop [supervision]
${`${workerTree}\n`.repeat(3)}  pre_plan_generation [supervision]
    post_plan_generation [supervision]`.trim(),
    );
  });

  it('06: an operation that two processes tell lasts thirty hours', async () => {
    const { trace, tree } = await see('06-long-running', pipeline, 2);
    expect(tree).toBe(
      'pre_tool_use:request_approval [approvals]\n  post_tool_use:request_approval [approvals]',
    );
    for (const { duration } of trace.spans) expect(duration / 3_600_000_000).toBeCloseTo(30, 1);
    expect(
      tag(
        trace.spans.find(({ operationName }) => operationName.startsWith('post'))!,
        'approved',
      ),
    ).toBe(true);
  });

  it('08: errors show where they were thrown, with type, message and stack', async () => {
    const { trace, said } = await see('08-errors', pipeline, 8);
    expect(failed(trace.spans).toSorted()).toEqual([
      'post_tool_use:forecast',
      'post_tool_use:forecast',
      'pre_tool_use:forecast',
      'pre_tool_use:forecast',
    ]);
    const [, bad = ''] = tracesNamed(said);
    const lost = await traceOf(queryJaeger(pipeline.queryUrl), bad, 4);
    expect(failed(lost.spans)).toHaveLength(4);
    const exception = Object.fromEntries(
      lost.spans[0]!.logs[0]!.fields.map(({ key, value }) => [key, value]),
    );
    expect(exception).toMatchObject({
      event: 'exception',
      'exception.type': 'NoSuchCityError',
      'exception.message': 'no weather station in Atlantis',
      'exception.stacktrace': expect.stringContaining('examples/08-errors/main.mjs'),
    });
    expect(said).toContain('NoSuchCityError: no weather station in Atlantis');
  });

  it.each([[[]], [['command']]])(
    '09: a session of Claude Code shows its tools and its subagent, without content %j',
    async (args) => {
      const { tree, trace, said } = await see('09-claude-code-hooks', { ...pipeline, args }, 17);
      expect(said).toContain('15 hooks');
      expect(tree.replaceAll(' [claude-code]', '')).toBe(
        `
pre_session
  post_session
  pre_agent_loop
    post_agent_loop
    pre_tool_use:Agent
      post_tool_use:Agent
      pre_agent_loop
        post_agent_loop
        pre_tool_use:Grep
          post_tool_use:Grep
    pre_tool_use:Bash
      post_tool_use:Bash
    pre_tool_use:Edit
      post_tool_use:Edit
    pre_tool_use:Read
      post_tool_use:Read
  session_end`.trim(),
      );
      expect(failed(trace.spans).toSorted()).toEqual(['post_tool_use:Bash', 'pre_tool_use:Bash']);
      expect(JSON.stringify(trace)).not.toMatch(/npm test|at night|flaky|read the clock/);
    },
  );

  it.each([['http'], ['command']])(
    '09: its settings for %s are those that the program prints',
    async (kind) => {
      const args = [cli, 'hook', 'claude-code', '--print-settings', kind];
      const { stdout } = await run(process.execPath, args, {
        cwd: root,
        env: { PATH: process.env.PATH ?? '' },
      });
      const file = join(root, `examples/09-claude-code-hooks/settings.${kind}.json`);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(stdout));
    },
  );

  it('the guide’s code runs as it stands there, and shows what the guide says', async () => {
    const code = [...readFileSync(guide, 'utf8').matchAll(/^```js\n([\s\S]*?)^```/gm)]
      .map(([, js]) => js)
      .join('\n');
    const args = ['--input-type=module', '-e', code];
    const env = { PATH: process.env.PATH ?? '', ...pipeline.env };
    const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env });
    expect(stderr).toBe('');
    expect(stdout).toContain('hello!');
    const query = queryJaeger(pipeline.queryUrl);
    const ticket = await traceOf(query, sha256Hex('ticket 4711').slice(0, 32), 4);
    expect(shownTree(ticket)).toContain('pre_agent_loop [Researcher]');
    let editing: JaegerTrace | undefined;
    await eventually('the editor’s trace is there', 20_000, async () => {
      [editing] = await query.traces({ service: 'editing', lookback: '1h' });
      return editing?.spans.length === 10;
    });
    expect(shownTree(editing!).split('\n')).toContain('  pre_agent_loop [Researcher]');
    expect(await query.services()).toEqual(expect.arrayContaining(['Researcher', 'office', 'editing']));
    const all = JSON.stringify(await query.traces({ service: 'Researcher', lookback: '1h', limit: 100 }));
    expect(all).toContain('pre_tool_use:open');
    expect(all).toContain('prompt_chars');
    expect(all).not.toMatch(/hunter2|Ada|sea otters/);
  }, 60_000);

  it.each(['02-tracing-setup', '03-one-line', '07-publish-to-kafka'])(
    '%s: says so where nothing listens, and ends in time',
    async (name) => {
      const [port] = await freePorts(1);
      const env = { JAEGER_PORT: String(port), KAFKA_BROKERS: `localhost:${port}` };
      const startedAt = Date.now();
      await expect(runExample(name, env)).rejects.toThrow(/did not arrive|0 acknowledged/);
      expect(Date.now() - startedAt).toBeLessThan(25_000);
    },
    40_000,
  );
});

await describeReal('the examples, into a real Jaeger', ['jaeger'], (real) => {
  it.each([
    ['02-tracing-setup', setupTree],
    ['03-one-line', oneLineTree],
  ])(
    '%s shows the same tree',
    async (name, expected) => {
      const [host = '', port = ''] = real.jaeger.otlpEndpoint.split(':');
      const { queryUrl } = real.jaeger;
      const env = { JAEGER_HOST: host, JAEGER_PORT: port, QUERY_URL: queryUrl };
      expect((await see(name, { env, queryUrl }, 8)).tree).toBe(expected);
    },
    60_000,
  );
});

await describeReal('the example of Kafka', ['kafka'], (real) => {
  it('07: publishes to a real broker, and what npm start runs makes spans of it', async () => {
    const pipeline = await startPipeline({
      KAFKA_BROKERS: real.kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: `examples-${process.pid}-${Date.now()}.`,
      KAIZEN_PARTITIONS: '3',
    });
    try {
      const { tree, said } = await see('07-publish-to-kafka', pipeline, 8);
      expect(said).toContain('8 events taken, 8 acknowledged by Kafka, 0 waiting');
      expect(tree).toBe(
        `pre_agent_loop [shop]\n  post_agent_loop [shop]\n${'  pre_tool_use:check_stock [shop]\n    post_tool_use:check_stock [shop]\n'.repeat(3)}`.trim(),
      );
    } finally {
      await pipeline.end();
    }
  }, 120_000);
});
