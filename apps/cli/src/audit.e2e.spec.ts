import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');

let server: Server | undefined;
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-audit-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(directory, { recursive: true, force: true });
});

interface Advised {
  readonly name: string;
  readonly severity: 'low' | 'moderate' | 'high' | 'critical';
}

/** A registry that knows of these faults; without any that it may tell, it has no audit. */
const registryWith = async (faults: readonly Advised[] | undefined): Promise<string> => {
  const advisories = Object.fromEntries(
    (faults ?? []).map(({ name, severity }) => [
      name,
      [
        {
          id: 1,
          url: `https://advisories.example/${name}`,
          title: 'a fault',
          severity,
          vulnerable_versions: '>=0',
          cwe: [],
          cvss: { score: 0, vectorString: null },
        },
      ],
    ]),
  );
  server = createServer((request, response) => {
    request.resume();
    const asksForFaults = request.url === '/-/npm/v1/security/advisories/bulk';
    const status = !asksForFaults ? 404 : faults === undefined ? 405 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? advisories : {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

const audit = async (registry: string, ...args: readonly string[]) => {
  const env = {
    ...process.env,
    npm_config_registry: registry,
    npm_config_fetch_retries: '0',
    // npm remembers faults there, and these are none.
    npm_config_cache: join(directory, 'cache'),
  };
  const child = spawn(process.execPath, ['tools/audit.mjs', ...args], { cwd: root, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
};

describe('the audit of what runs', () => {
  it('fails over a fault that is high in something that is shipped', async () => {
    const { code, text } = await audit(await registryWith([{ name: 'fastify', severity: 'high' }]));
    expect(text).toContain('high: fastify: a fault (https://advisories.example/fastify)');
    expect(code).toBe(1);
  }, 60_000);

  it('passes over one that is low, and one in what only tests need', async () => {
    const faults: readonly Advised[] = [
      { name: 'fastify', severity: 'low' },
      { name: 'testcontainers', severity: 'critical' },
    ];
    const { code, text } = await audit(await registryWith(faults));
    expect(text).toContain('audit: 1 known faults in what runs, 0 that count');
    expect(code).toBe(0);
  }, 60_000);

  it('is left out, with the reason, where the registry has no audit or does not answer', async () => {
    const without = await audit(await registryWith(undefined));
    expect(without).toMatchObject({ code: 2, text: expect.stringMatching(/LEFT OUT: .*\n.*405/) as unknown });
    const away = await audit('http://127.0.0.1:1/');
    expect(away).toMatchObject({ code: 2, text: expect.stringContaining('LEFT OUT') as unknown });
  }, 90_000);
});

describe('the bill of what the product is made of', () => {
  it('names all that is shipped, with versions and licences, and nothing that only tests need', async () => {
    const file = join(directory, 'sbom.json');
    await audit(await registryWith([]), '--sbom', file);
    const bill = JSON.parse(await readFile(file, 'utf8')) as {
      readonly bomFormat: string;
      readonly specVersion: string;
      readonly metadata: { readonly component: { readonly name: string } };
      readonly components: readonly { readonly purl: string; readonly licenses?: readonly unknown[] }[];
      readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
    };
    expect([bill.bomFormat, bill.specVersion, bill.metadata.component.name]).toEqual([
      'CycloneDX',
      '1.5',
      'kaizen-trace',
    ]);
    const names = bill.components.map(({ purl }) =>
      decodeURIComponent(purl.replace(/^pkg:npm\/|@[^@]+$/g, '')),
    );
    for (const name of [
      'fastify',
      'kafkajs',
      'lmdb',
      'react',
      '@kaizen-trace/agent',
      '@kaizen-trace/console',
    ])
      expect(names).toContain(name);
    for (const name of ['testcontainers', 'jest', '@kaizen-trace/testkit', '@kaizen-trace/conformance'])
      expect(names).not.toContain(name);
    expect(bill.components.filter(({ licenses }) => licenses === undefined)).toEqual([]);
    const refs = new Set(bill.dependencies.map(({ ref }) => ref));
    expect(bill.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual(
      [],
    );
  }, 60_000);
});
