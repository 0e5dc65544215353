import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { describeReal } from '@kaizen-trace/testkit';
import { eventually, operate } from '../testing/operated.js';
import { describePipelineApi, pipelineOf, publish } from '../testing/pipeline-api.suite.js';
import { startProcess } from '../testing/processes.js';
import { describeReplaysApi } from '../testing/replays-api.suite.js';
import { readCliSettings } from '../settings.js';

await describeReal('the operating API, on a real Kafka', ['kafka'], ({ kafka }) => {
  const openPlace = () => {
    const prefix = `pipeline-${randomUUID()}.`;
    const env = {
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: prefix,
      KAIZEN_PARTITIONS: '3',
    };
    const { log } = readCliSettings(env);
    return { env, prefix, connect: () => openLog(log), dispose: () => Promise.resolve() };
  };

  describePipelineApi('the pipeline on Kafka', () => Promise.resolve(openPlace()));
  describeReplaysApi('replays on Kafka', () => Promise.resolve(openPlace()));

  describe('two assemblers on Kafka', () => {
    it('shows one that is killed as away until the group has shared anew, and counts that', async () => {
      const place = openPlace();
      const group = `${place.prefix}two-assembler`;
      const stateDirectory = await mkdtemp(join(tmpdir(), 'kaizen-pipeline-'));
      const services = operate(() => place.connect(), { group, prefix: place.prefix });
      const other = startProcess('apps/span-assembler/dist/main.js', [], {
        ...place.env,
        KAIZEN_GROUP: `${place.prefix}two`,
        KAIZEN_ASSEMBLER_PORT: '0',
        KAIZEN_STATE_DIR: stateDirectory,
        KAIZEN_SESSION_TIMEOUT: '8s',
      });
      try {
        const gateway = await services.gateway();
        const stays = await services.assembler();
        await other.says(/is running/);
        const two = await eventually(
          () => pipelineOf(gateway),
          ({ complete, assemblers }) =>
            complete && assemblers.length === 2 && assemblers.every(({ up }) => up),
        );
        expect(two.complete).toBe(true);
        const before = two.rebalances ?? 0;
        const killed = two.assemblers.find(({ url }) => url !== stays.url)!;
        await publish(gateway, [{ trace_id: 'a', agent_id: 'a', event_type: 'pre_agent_loop' }]);
        await other.end('SIGKILL');
        const away = await eventually(
          () => pipelineOf(gateway),
          ({ assemblers }) => assemblers.some(({ up }) => !up),
        );
        expect(away.assemblers).toContainEqual(
          expect.objectContaining({ url: killed.url, up: false, reason: 'ECONNREFUSED' }),
        );
        expect(away.complete).toBe(false);
        expect(away.partitions.filter(({ phase }) => phase === 'unknown').map(({ url }) => url)).toEqual(
          killed.partitions.map(() => killed.url),
        );
        const mended = await eventually(
          () => pipelineOf(gateway),
          ({ complete, assemblers }) => complete && assemblers.length === 1,
        );
        expect(mended.partitions.map(({ url }) => url)).toEqual([stays.url, stays.url, stays.url]);
        expect(mended.rebalances).toBeGreaterThan(before);
      } finally {
        await other.end('SIGKILL');
        await services.close();
        await rm(stateDirectory, { recursive: true, force: true });
      }
    }, 120_000);
  });
});
