import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { simulateEvents } from '@kaizen-trace/cli';
import {
  chaosTable,
  describeReal,
  differencesOf,
  runChaos,
  startFaultyProxy,
  type ChaosOptions,
  type ChaosResult,
} from '@kaizen-trace/testkit';

const app = (name: string): string =>
  fileURLToPath(new URL(`../../../apps/${name}/dist/main.js`, import.meta.url));

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0)) await each();
});

const runOf = async (
  seed: string,
  options: Pick<ChaosOptions, 'kafka' | 'jaeger' | 'durationMs' | 'assemblers'> & Partial<ChaosOptions>,
): Promise<{ readonly result: ChaosResult; readonly folder: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-trace-chaos-'));
  const rate = 300;
  const events = simulateEvents({
    agents: 20,
    traces: Number.MAX_SAFE_INTEGER,
    rate,
    seed,
    start: BigInt(Date.now()) * 1000n,
    openFor: 5_000_000,
  });
  const scripts = { assembler: app('span-assembler'), exporter: app('span-exporter') };
  const fixed = { events, scripts, seed, partitions: 6, rate, openTtlMs: 15_000, folder };
  const result = await runChaos({ ...fixed, say: () => undefined, ...options });
  const table = `evidence in ${folder}\n${chaosTable(result)}`;
  const differences = Object.entries(differencesOf(result)).filter(([, list]) => list.length > 0);
  expect({ table, differences }).toEqual({ table, differences: [] });
  return { result, folder };
};

await describeReal('the pipeline under fire', ['proxiedKafka', 'jaeger'], ({ proxiedKafka, jaeger }) => {
  it('loses no event and no span, shows none twice, and gives just those of an undisturbed fold', async () => {
    const { result, folder } = await runOf('short', {
      kafka: proxiedKafka,
      jaeger,
      durationMs: 40_000,
      assemblers: 3,
    });
    const { kills } = result.faults;
    expect(result.acknowledged).toBeGreaterThan(1000);
    expect(result.jaeger.spans).toBeGreaterThan(1000);
    expect(kills.all).toBeGreaterThanOrEqual(3);
    expect(kills.sending + kills.committing).toBeGreaterThanOrEqual(kills.all / 3);
    await rm(folder, { recursive: true, force: true });
  }, 540_000);
});

await describeReal(
  'the pipeline without its backend',
  ['proxiedKafka', 'jaeger'],
  ({ proxiedKafka, jaeger }) => {
    it('keeps everything while the backend is away and the broker is restarted, and needs no hand after', async () => {
      const line = await startFaultyProxy();
      cleanUp.push(() => line.stop());
      const backendPort = Number(jaeger.otlpEndpoint.split(':').at(-1));
      line.forwardTo(backendPort);
      const { result, folder } = await runOf('outage', {
        kafka: proxiedKafka,
        jaeger: { ...jaeger, otlpEndpoint: `127.0.0.1:${line.port}` },
        outage: { line, backendPort, lengthMs: 32_000 },
        durationMs: 0,
        assemblers: 2,
      });
      expect(result.acknowledged).toBeGreaterThan(1000);
      expect(result.jaeger.spans).toBeGreaterThan(1000);
      expect([...result.deaths]).toEqual([]);
      await rm(folder, { recursive: true, force: true });
    }, 540_000);
  },
);
