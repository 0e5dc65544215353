import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { describeOpenOperations } from '../testing/open-operations.suite.js';
import { eventually, operate } from '../testing/operated.js';
import { run } from '../testing/run-cli.js';
import { readCliSettings } from '../settings.js';

const openPlace = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-open-'));
  const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '3' });
  return {
    prefix: 'kaizen.',
    connect: () => openLog(log),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
};

describeOpenOperations('open operations on the embedded log', openPlace);

describe('the operating API', () => {
  it('wants the key that ingest wants, and the command says which variable to set', async () => {
    const place = await openPlace();
    const services = operate(() => place.connect(), { group: 'keys', prefix: 'kaizen.' });
    try {
      const { url } = await services.gateway(['key-1']);
      for (const path of ['/api/open-operations', '/api/dead-letters', '/api/dead-letters/0/0'])
        expect((await fetch(url + path)).status).toBe(401);
      for (const command of [['open'], ['dead-letters', 'list'], ['dead-letters', 'redrive', '--all']]) {
        const refused = await run(command, { env: { KAIZEN_GATEWAY_URL: url } });
        expect([refused.exitCode, refused.stderr.includes('set KAIZEN_API_KEY')]).toEqual([1, true]);
        const env = { KAIZEN_GATEWAY_URL: url, KAIZEN_API_KEY: 'key-1' };
        expect((await run(command, { env })).exitCode).toBe(0);
      }
    } finally {
      await services.close();
      await place.dispose();
    }
  }, 60_000);

  it('is asked for with a remedy where no gateway answers', async () => {
    const { exitCode, stderr } = await run(['open'], { env: { KAIZEN_GATEWAY_URL: 'http://127.0.0.1:1' } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('set KAIZEN_GATEWAY_URL');
  });

  it('shows how old the oldest open operation of each partition is, where Prometheus asks', async () => {
    const place = await openPlace();
    const services = operate(() => place.connect(), { group: 'metric', prefix: 'kaizen.' });
    try {
      const { url } = await services.gateway();
      const assembler = await services.assembler();
      const event = { event_type: 'pre_llm_call', agent_id: 'a', trace_id: 't' };
      const headers = { 'content-type': 'application/json' };
      await fetch(`${url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(event) });
      const page = await eventually(
        async () =>
          (await (await fetch(`${url}/api/open-operations`)).json()) as {
            readonly total: number;
            readonly operations: readonly { readonly partition: number }[];
          },
        ({ total }) => total === 1,
      );
      const metrics = await (await fetch(`${assembler.url}/metrics`)).text();
      const ages = metrics
        .split('\n')
        .filter((line) => line.startsWith('kaizen_assembler_oldest_open_age_seconds'));
      expect(ages).toHaveLength(3);
      const older = ages.filter((line) => !line.endsWith(' 0'));
      expect(older).toEqual([expect.stringContaining(`partition="${page.operations[0]?.partition}"`)]);
    } finally {
      await services.close();
      await place.dispose();
    }
  }, 60_000);
});
