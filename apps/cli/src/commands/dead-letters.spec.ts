import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { readCliSettings } from '../settings.js';
import { eventually, operate, type Operated } from '../testing/operated.js';
import { run } from '../testing/run-cli.js';

describe('dead-letters, by way of a real gateway on a real log', () => {
  let folder: string;
  let services: Operated;
  let env: Record<string, string>;
  const pending = async () => (await run(['dead-letters', 'list', '--pending'], { env })).stdout;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-letters-'));
    const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '2' });
    services = operate(() => openLog(log), { group: 'letters', prefix: 'kaizen.' });
    env = { KAIZEN_GATEWAY_URL: (await services.gateway()).url };
    const value = Buffer.from(JSON.stringify({ who: '\u001b[31mnobody' }));
    const connection = await services.connect();
    await connection.events.append([{ key: Buffer.from('trace-\u001b[2J'), value, headers: [['h', value]] }]);
    const assembler = await services.assembler();
    await eventually(pending, (text) => text.includes('BrokenRecordError'));
    await assembler.close();
  }, 60_000);

  afterAll(async () => {
    await services.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** `partition/offset` of the one letter. */
  const letter = async (): Promise<string> => /^\d+\/\d+/m.exec(await pending())?.[0] ?? '';

  it('lists and shows a letter so that nothing in it reaches the terminal as an order', async () => {
    const listed = await pending();
    expect(listed.split('\n')[0]).toMatch(/^LETTER +DIED +STAGE +ERROR +FROM +KEY +BYTES +BACK +MESSAGE$/);
    const shown = (await run(['dead-letters', 'show', await letter()], { env })).stdout;
    expect(shown).toContain('from      kaizen.hook-events[');
    expect(shown).toContain('7b 22 77 68 6f');
    expect(listed + shown).not.toContain('\u001b');
    const json = await run(['dead-letters', 'show', await letter(), '--json'], { env });
    expect(JSON.parse(json.stdout)).toMatchObject({
      decoded: { type: 'json', json: { who: '\u001b[31mnobody' } },
    });
  });

  it('brings back nothing unless it is told what, and then each letter once', async () => {
    const redrive = (...args: readonly string[]) => run(['dead-letters', 'redrive', ...args], { env });
    const vague = await redrive();
    expect([vague.exitCode, vague.stderr.includes('--all')]).toEqual([1, true]);
    const name = await letter();
    expect((await redrive('--all', '--dry-run')).stdout).toContain('would bring back 1 letters: 1 events');
    expect((await redrive(name)).stdout).toContain('brought back 1 letters: 1 events');
    const again = await redrive('--stage', 'decode');
    expect([again.exitCode, again.stdout]).toEqual([
      0,
      expect.stringContaining('1 were brought back before'),
    ]);
    expect(await pending()).toBe('no dead letters\n');
    expect((await redrive(name, '--again')).stdout).toContain('brought back 1 letters');
  });

  it('says what is wrong with a letter that is none', async () => {
    for (const [name, remedy] of [
      ['3', 'write partition/offset'],
      ['0/99999', 'no dead letter at 0/99999'],
    ] as const) {
      const { exitCode, stderr } = await run(['dead-letters', 'show', name], { env });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(remedy)]);
    }
  });
});
