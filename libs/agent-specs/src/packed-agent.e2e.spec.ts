import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeReal,
  eventually,
  type JaegerTrace,
  nodeOf,
  queryJaeger,
  runNpm,
} from '@kaizen-trace/testkit';
import { type EventPipeline, startPipeline } from './testing/event-pipeline.js';
import {
  asCommonJs,
  installPacked,
  type PackedProject,
  readmeRegion,
  remove,
} from './testing/packed-project.js';
import { repository, runProcess, startService } from './testing/run-process.js';

const majors = [20, 22, 24, 26] as const;
const transports = ['direct', 'http', 'kafka'] as const;
const formats = ['mjs', 'cjs'] as const;

type Transport = (typeof transports)[number];

/** Every span with what it hangs under, without ids and times. */
const treeOf = ({ spans }: JaegerTrace): readonly string[] => {
  const names = new Map(spans.map(({ spanID, operationName }) => [spanID, operationName]));
  return spans
    .map(({ references, operationName }) => {
      const [parent] = references;
      return `${parent === undefined ? '' : (names.get(parent.spanID) ?? 'missing')} > ${operationName}`;
    })
    .sort();
};

const tree = [
  ' > pre_agent_loop',
  'pre_agent_loop > post_agent_loop',
  'pre_agent_loop > pre_llm_call:gpt-5',
  'pre_agent_loop > pre_tool_use:search',
  'pre_llm_call:gpt-5 > post_llm_call:gpt-5',
  'pre_tool_use:search > post_tool_use:search',
];

/** Wherever something is free: what is started says where it is. */
const anyPorts = {
  KAIZEN_GATEWAY_PORT: '0',
  KAIZEN_ASSEMBLER_PORT: '0',
  KAIZEN_EXPORTER_PORT: '0',
  KAIZEN_QUERY_PORT: '0',
  KAIZEN_OTLP_PORT: '0',
};

await describeReal('the packed agent SDK, with the README’s lines', ['kafka', 'jaeger'], (real) => {
  let folder: string;
  let project: PackedProject;
  let pipeline: EventPipeline;
  const nodes = new Map<number, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-consumers-'));
    project = await installPacked(folder);
    pipeline = await startPipeline(real.kafka.brokers, real.jaeger.otlpEndpoint);
    for (const major of majors) nodes.set(major, await nodeOf(major));
  }, 900_000);

  afterAll(async () => {
    await pipeline.end();
    await remove(folder);
  });

  /** The README's code; of another transport, with the line that the README gives for it, and a service of its own. */
  const codeOf = async (transport: Transport, service: string): Promise<string> => {
    const direct = await readmeRegion('agent');
    const line = /^const observability = .*\n/m;
    expect(direct).toMatch(line);
    const code =
      transport === 'direct' ? direct : direct.replace(line, await readmeRegion(`agent-${transport}`));
    const renamed = code.replace("'research'", `'${service}'`);
    expect(renamed).toContain(service);
    return renamed;
  };

  const environmentFor = (transport: Transport): Record<string, string> => {
    const [host = '', port = ''] = real.jaeger.otlpEndpoint.split(':');
    return transport === 'direct' ? { JAEGER_HOST: host, JAEGER_PORT: port } : { ...pipeline.env };
  };

  it.each(
    majors.flatMap((major) =>
      formats.flatMap((format) => transports.map((transport) => ({ major, format, transport }))),
    ),
  )(
    'traces on Node $major, .$format, $transport: the same tree in Jaeger',
    async ({ major, format, transport }) => {
      const service = `research-${major}-${format}-${transport}-${process.pid}`;
      const code = await codeOf(transport, service);
      const file = await project.write(`${service}.${format}`, format === 'cjs' ? asCommonJs(code) : code);
      const { exitCode, stdout, stderr } = await runProcess(nodes.get(major)!, [file], {
        cwd: project.folder,
        env: environmentFor(transport),
      });
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 0,
        stdout: 'in short: all about sea otters\n',
        stderr: '',
      });
      const query = queryJaeger(real.jaeger.queryUrl);
      let seen: readonly (readonly string[])[] = [];
      await eventually('its spans', 20_000, async () => {
        seen = (await query.traces({ service })).map(treeOf);
        return seen[0]?.length === tree.length;
      }).catch(() => undefined);
      expect(seen).toEqual([tree]);
    },
    60_000,
  );

  it.each([
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_TRACES_SAMPLER: 'always_off' },
    { http_proxy: 'http://127.0.0.1:1' },
  ])(
    'does its work and traces nothing where the environment says so, as the doctor tells: %j',
    async (variables: Record<string, string>) => {
      const service = `untraced-${Object.keys(variables).join('')}-${process.pid}`;
      const file = await project.write(`${service}.mjs`, await codeOf('direct', service));
      const options = { cwd: project.folder, env: { ...environmentFor('direct'), ...variables } };
      const { exitCode, stdout } = await runProcess(process.execPath, [file], options);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'in short: all about sea otters\n' });
      const doctor = await runProcess(
        process.execPath,
        [`${repository}apps/cli/bin/kaizen-trace.js`, 'doctor'],
        options,
      );
      expect(doctor.stdout).toMatch(new RegExp(`^[✗!] settings .*${Object.keys(variables).join('')}`, 'm'));
      expect(await queryJaeger(real.jaeger.queryUrl).services()).not.toContain(service);
    },
    60_000,
  );

  it.each([20, 26])(
    'publishes to an embedded log on Node %s, where LMDB is installed beside it',
    async (major) => {
      const lmdb = `lmdb@${project.manifest.peerDependencies!.lmdb!}`;
      await runNpm(['install', lmdb], { cwd: project.folder, timeoutMs: 120_000 });
      const data = join(folder, `data-${major}`);
      const up = startService('apps/cli/bin/kaizen-trace.js', { ...anyPorts, KAIZEN_DATA_DIR: data }, ['up']);
      try {
        const [, url = ''] = await up.says(/(http:\/\/\S+:\d+)\/v1\/events/);
        const code = `
          import { BaseAgent, embeddedLogPublisher } from '@kaizen-trace/agent';
          class Quiet extends BaseAgent { execute() { return 'done'; } }
          const publisher = embeddedLogPublisher({ directory: ${JSON.stringify(data)} });
          const agent = new Quiet();
          agent.enableObservability({ serviceName: 'embedded', transport: 'http', publisher });
          await agent.run('go', { traceId: 'embedded-${major}' });
          console.log(await publisher.close());`;
        const file = await project.write(`embedded-${major}.mjs`, code);
        const ended = await runProcess(nodes.get(major)!, [file], { cwd: project.folder });
        expect(ended).toEqual({ exitCode: 0, stdout: 'true\n', stderr: '' });
        const env = { KAIZEN_DATA_DIR: data, KAIZEN_GATEWAY_URL: url };
        await eventually('its events', 20_000, async () => {
          const args = [
            `${repository}apps/cli/bin/kaizen-trace.js`,
            'doctor',
            '--trace',
            `embedded-${major}`,
          ];
          return (await runProcess(process.execPath, args, { env })).stdout.includes('2 events in the log');
        });
      } finally {
        await up.end();
      }
    },
    180_000,
  );
});
