import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePorts } from '@kaizen-trace/testkit';
import { type Running, startProcess } from './testing/processes.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The commands of a Markdown file, as its `sh` blocks give them. */
const commandsOf = (file: string): readonly string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, command = '']) =>
    command.trim(),
  );

/** The traces of a simulated fleet, as a command prints them, are larger than what Node collects by default. */
const maxBuffer = 64 * 1024 * 1024;

/** Whose commands are run. */
const documents = ['README.md', 'examples/01-first-trace/README.md'];

/** What each command of the README must show. `elsewhere` names what runs it instead: a test cannot run itself. */
const expectations: Readonly<Record<string, { says: RegExp } | { elsewhere: string }>> = {
  'npm start': { elsewhere: 'started before all others, on free ports' },
  'npm test': { elsewhere: '.ci/run' },
  'npx kaizen-trace publish examples/01-first-trace/run.ndjson': { says: /published 236 events/ },
  "curl 'http://localhost:16686/api/traces?service=research-team'": {
    says: /"operationName":"pre_agent_loop"/,
  },
  'curl http://localhost:4310/v1/events': { says: /"accepted":4/ },
  'npx kaizen-trace simulate --agents 8 --traces 100': { says: /acknowledged/ },
  'npx kaizen-trace doctor': { says: /OTLP/i },
  'npm run pack:agent -- ./tmp/agent': { says: /npm install .*kaizen-trace-agent-\d.*\.tgz/ },
};

const expectationOf = (command: string) =>
  Object.entries(expectations).find(([begin]) => command.startsWith(begin))?.[1];

describe("the README's commands", () => {
  let data: string;
  let pipeline: Running;
  let ports: readonly number[];

  /** The command as a person would change it for other ports. */
  const onOtherPorts = (command: string): string =>
    command
      .replace('localhost:4310', `localhost:${ports[0]}`)
      .replace('localhost:16686', `localhost:${ports[3]}`);

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'kaizen-readme-'));
    ports = await freePorts(5);
    const [gateway, assembler, exporter, query, otlp] = ports.map(String) as [
      string,
      string,
      string,
      string,
      string,
    ];
    pipeline = startProcess('tools/run.mjs', ['start'], {
      KAIZEN_DATA_DIR: data,
      KAIZEN_GATEWAY_PORT: gateway,
      KAIZEN_ASSEMBLER_PORT: assembler,
      KAIZEN_EXPORTER_PORT: exporter,
      KAIZEN_QUERY_PORT: query,
      KAIZEN_OTLP_PORT: otlp,
    });
    await pipeline.says(/is running/);
  }, 120_000);

  afterAll(async () => {
    await pipeline.end();
    rmSync(data, { recursive: true, force: true });
  });

  it('are all known here, so that none is shown that nobody has run', () => {
    const commands = documents.flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(8);
    expect(commands.filter((command) => expectationOf(command) === undefined)).toEqual([]);
  });

  const environment = () => ({
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    HOME: process.env.HOME ?? '',
    KAIZEN_GATEWAY_URL: `http://localhost:${ports[0]}`,
    JAEGER_PORT: String(ports[4]),
    KAIZEN_QUERY_PORT: String(ports[3]),
  });

  it('do what they say', async () => {
    const env = environment();
    for (const command of documents.flatMap(commandsOf)) {
      const expectation = expectationOf(command);
      if (expectation === undefined || 'elsewhere' in expectation) continue;
      // The exporter and the store need a moment between one command and the next, as a person does.
      for (const deadline = Date.now() + 20_000; ;) {
        const { stdout, stderr } = await run('bash', ['-c', onOtherPorts(command)], {
          cwd: root,
          env,
          maxBuffer,
        });
        if (expectation.says.test(stdout + stderr)) break;
        if (Date.now() > deadline) throw new Error(`${command}\nsaid:\n${stdout}${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }, 120_000);

  it('bring the example into the query API, each event a span', async () => {
    const env = { ...environment(), QUERY_URL: `http://localhost:${ports[3]}` };
    const { stdout } = await run(process.execPath, ['examples/01-first-trace/run.mjs'], { cwd: root, env });
    expect(stdout).toMatch(/pre_tool_use:request_human_review\s+3600\.00 s/);
  }, 60_000);
});
