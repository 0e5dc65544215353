import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { readCliSettings } from '../settings.js';
import { type ExaminedCheck, examine } from '../testing/examine.js';
import { eventually, operate, type Operated } from '../testing/operated.js';

describe('doctor on the services behind the gateway', () => {
  let folder: string;
  let services: Operated;
  let env: Record<string, string>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-doctor-'));
    const settings = readCliSettings({ KAIZEN_DATA_DIR: folder });
    services = operate(() => openLog(settings.log), { group: 'kaizen-assembler', prefix: 'kaizen.' });
    const gateway = await services.gateway();
    env = { KAIZEN_DATA_DIR: folder, KAIZEN_GATEWAY_URL: gateway.url };
  });

  afterEach(async () => {
    await services.close();
    await rm(folder, { recursive: true });
  });

  const sees = (name: string, expected: RegExp): Promise<ExaminedCheck> =>
    eventually(
      async () => (await examine(env)).check(name),
      ({ outcome, detail }) => expected.test(`${outcome}: ${detail}`),
    );

  it('says that events are taken while no assembler runs, and is content once one does', async () => {
    const { detail, remedy } = await sees('pipeline', /failed/);
    expect(detail).toContain('no assembler is running');
    expect(remedy).toContain('npm run span-assembler');
    await services.assembler();
    expect(await sees('pipeline', /ok: 1 assembler for all partitions; 0 open operations/)).toMatchObject({
      outcome: 'ok',
    });
  }, 60_000);

  it('says which assembler cannot be reached where it announces another address', async () => {
    await services.assembler('http://127.0.0.1:1');
    const { outcome, detail } = await sees('pipeline', /no assembler answers for partitions 0, 1/);
    expect(outcome).toBe('failed');
    expect(detail).toContain('11 (');
  }, 60_000);

  it('counts dead letters, and finds those of a trace', async () => {
    const log = await services.connect();
    const traceId = `broken-${randomUUID()}`;
    const outcome = await log.events.append([{ key: Buffer.from(traceId), value: Buffer.from('no event') }]);
    expect(outcome.type).toBe('appended');
    await services.assembler();
    const check = await sees('letters', /warned: 1 record could not be taken/);
    expect(check.outcome).toBe('warned');
    expect(check.remedy).toContain('dead-letters list');
    const { lines } = await examine(env, ['--trace', traceId]);
    expect(lines('trace')).toMatch(/1 of its records are dead letters .*dead-letters show \d+\/0/);
    expect(lines('trace')).toContain('1 of its records are no events that can be read');
  }, 60_000);
});
