import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JaegerTrace } from '@kaizen-trace/testkit';
import { eventually, freePorts, queryJaeger } from '@kaizen-trace/testkit';
import { besideFrameworks, describeFrameworks, exportOf } from './testing/frameworks.js';
import type { RunningService } from './testing/run-process.js';
import { startService } from './testing/run-process.js';

const program = 'run-into-pipeline.mjs';
const sdk = new URL('../../agent/dist/index.js', import.meta.url);

/** The spans as `parent > name`, sorted. */
const treeOf = ({ spans }: JaegerTrace): readonly string[] => {
  const names = new Map(spans.map(({ spanID, operationName }) => [spanID, operationName]));
  return spans
    .map(({ references, operationName }) => {
      const parent = references[0] === undefined ? '' : (names.get(references[0].spanID) ?? 'missing');
      return `${parent} > ${operationName}`;
    })
    .sort();
};

await describeFrameworks('an agent of a real framework, into the whole pipeline', (frameworks) => {
  let folder: string;
  let up: RunningService;
  let gateway: string;
  let query: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-frameworks-up-'));
    const names = ['GATEWAY', 'ASSEMBLER', 'EXPORTER', 'QUERY', 'OTLP'];
    const ports = await freePorts(names.length);
    const env = Object.fromEntries(names.map((name, index) => [`KAIZEN_${name}_PORT`, String(ports[index])]));
    up = startService(
      'apps/cli/bin/kaizen-trace.js',
      { ...env, KAIZEN_DATA_DIR: join(folder, 'data'), KAIZEN_SPAN_LAYOUT: 'operations', TEST_CWD: folder },
      ['up'],
    );
    await up.says(/is running/);
    gateway = `http://localhost:${env.KAIZEN_GATEWAY_PORT ?? ''}`;
    query = `http://localhost:${env.KAIZEN_QUERY_PORT ?? ''}`;
  }, 120_000);

  afterAll(async () => {
    await up.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('is one trace, with the names and tokens of the GenAI conventions', async () => {
    await besideFrameworks(frameworks, async (place) => {
      await cp(fileURLToPath(new URL(`../frameworks/${program}`, import.meta.url)), join(place, program));
      const adapter = await exportOf('vercel-ai', 'default');
      await promisify(execFile)(process.execPath, [program, sdk.href, adapter.href], {
        cwd: place,
        timeout: 60_000,
        env: { ...process.env, NODE_OPTIONS: '', KAIZEN_GATEWAY_URL: gateway },
      });
    });
    let trace: JaegerTrace | undefined;
    await eventually('the trace is there', 30_000, async () => {
      [trace] = await queryJaeger(query).traces({ service: 'research' });
      return trace?.spans.length === 6;
    });
    expect(treeOf(trace!)).toEqual([
      ' > invoke_agent researcher',
      'invoke_agent researcher > step',
      'invoke_agent researcher > step',
      'step > chat gpt-fixed',
      'step > chat gpt-fixed',
      'step > execute_tool search',
    ]);
    const tags = trace!.spans.find(({ operationName }) => operationName === 'chat gpt-fixed')!.tags;
    const told = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    expect(told).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 4,
    });
  }, 120_000);
});
