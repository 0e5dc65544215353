import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { simulateEvents } from '@kaizen-trace/cli';
import { chaosTable, describeReal, differencesOf, runChaos } from '@kaizen-trace/testkit';

const app = (name: string): string =>
  fileURLToPath(new URL(`../../../apps/${name}/dist/main.js`, import.meta.url));

await describeReal('the pipeline under fire', ['proxiedKafka', 'jaeger'], ({ proxiedKafka, jaeger }) => {
  it('loses no event and no span, shows none twice, and gives just those of an undisturbed fold', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-trace-chaos-'));
    const seed = 'short';
    const rate = 300;
    const result = await runChaos({
      kafka: proxiedKafka,
      jaeger,
      events: simulateEvents({
        agents: 20,
        traces: Number.MAX_SAFE_INTEGER,
        rate,
        seed,
        start: BigInt(Date.now()) * 1000n,
        openFor: 5_000_000,
      }),
      scripts: { assembler: app('span-assembler'), exporter: app('span-exporter') },
      seed,
      durationMs: 40_000,
      assemblers: 3,
      partitions: 6,
      rate,
      openTtlMs: 15_000,
      folder,
      say: () => undefined,
    });
    const { kills } = result.faults;
    const table = `evidence in ${folder}\n${chaosTable(result)}`;
    const differences = Object.entries(differencesOf(result)).filter(([, list]) => list.length > 0);
    expect({ table, differences }).toEqual({ table, differences: [] });
    expect(result.acknowledged).toBeGreaterThan(1000);
    expect(result.jaeger.spans).toBeGreaterThan(1000);
    expect(kills.all).toBeGreaterThanOrEqual(3);
    expect(kills.sending + kills.committing).toBeGreaterThanOrEqual(kills.all / 3);
    await rm(folder, { recursive: true, force: true });
  }, 540_000);
});
