import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cached, cacheFolder } from './real-cache.js';
import { realJaeger, realKafka, RealPartUnavailable } from './index.js';
import { chosenSources, firstOf } from './real-part.js';

const before = { ...process.env };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-trace-part-spec-'));
  process.env.XDG_CACHE_HOME = folder;
});

afterEach(async () => {
  process.env = { ...before };
  await rm(folder, { recursive: true, force: true });
});

describe('servers named in the environment', () => {
  it('are not used by tests where they are not on this machine', async () => {
    process.env.TEST_KAFKA_BROKERS = 'localhost:9092,kafka.example.com:9092';
    await expect(realKafka()).rejects.toThrow(/TEST_ALLOW_REMOTE/);
    process.env.TEST_JAEGER_QUERY_URL = 'http://jaeger.example.com:16686';
    process.env.TEST_JAEGER_OTLP = 'localhost:4317';
    await expect(realJaeger()).rejects.toThrow(RealPartUnavailable);
  });

  it('are taken as they are where they are on this machine, and never stopped', async () => {
    process.env.TEST_KAFKA_BROKERS = 'localhost:9092, 127.0.0.1:9093';
    expect((await realKafka()).brokers).toEqual(['localhost:9092', '127.0.0.1:9093']);
    process.env.TEST_JAEGER_QUERY_URL = 'http://[::1]:16686/';
    process.env.TEST_JAEGER_OTLP = 'localhost:4317';
    const { queryUrl, otlpEndpoint } = await realJaeger();
    expect([queryUrl, otlpEndpoint]).toEqual(['http://[::1]:16686', 'localhost:4317']);
  });

  it('are refused by halves: a query address without the one that spans go to', async () => {
    delete process.env.TEST_JAEGER_OTLP;
    process.env.TEST_JAEGER_QUERY_URL = 'http://localhost:16686';
    await expect(realJaeger()).rejects.toThrow(/go together/);
  });
});

describe('a source that the run names', () => {
  const sources = {
    container: () => Promise.resolve({ type: 'no', reason: 'no engine' } as const),
    'local build': () => Promise.resolve({ type: 'found', part: 'built' } as const),
  };

  it('is the only one that is tried', async () => {
    delete process.env.TEST_REAL_SOURCE;
    expect(await firstOf('kafka', chosenSources(sources))).toBe('built');
    process.env.TEST_REAL_SOURCE = 'container';
    await expect(firstOf('kafka', chosenSources(sources))).rejects.toMatchObject({ reasons: ['no engine'] });
  });

  it('is refused with the names that there are, where there is no such one', async () => {
    process.env.TEST_REAL_SOURCE = 'cloud';
    await expect(firstOf('kafka', chosenSources(sources))).rejects.toThrow(
      'TEST_REAL_SOURCE is cloud, not one of: container, local build',
    );
  });
});

describe('the cache of local builds', () => {
  it('builds once, however many ask at the same time', async () => {
    let builds = 0;
    const build = async (draft: string): Promise<void> => {
      builds += 1;
      await sleep(50);
      await writeFile(join(draft, 'server'), 'x');
    };
    const found = await Promise.all([1, 2, 3].map(() => cached('thing', 10_000, build)));
    expect(new Set(found)).toEqual(new Set([join(cacheFolder(), 'thing')]));
    expect(builds).toBe(1);
  });

  it('leaves nothing of a build that failed, and builds again', async () => {
    await expect(cached('thing', 1000, () => Promise.reject(new Error('no compiler')))).rejects.toThrow(
      'no compiler',
    );
    await expect(cached('thing', 1000, () => Promise.resolve())).resolves.toContain('thing');
  });

  it('takes over from a builder that died', async () => {
    const lock = join(cacheFolder(), 'thing.lock');
    await mkdir(lock, { recursive: true });
    await writeFile(join(lock, 'pid'), '2147483646');
    await expect(cached('thing', 2000, () => Promise.resolve())).resolves.toContain('thing');
  });
});
