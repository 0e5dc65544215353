import { describe, expect, it } from '@jest/globals';
import { offset } from '@kaizen-trace/ports';
import { appendEvents, assembleAll, loopOf } from '../testing/folded-log.js';
import { beginning, linesOf, onPartition, owner, replayFixture } from '../testing/replay-fixture.js';

const hour = 3_600_000;

describe('replay', () => {
  const fixture = replayFixture();

  it('gives every span that the live path gave, byte for byte, and lists what is open', async () => {
    await fixture.fill();
    const { exitCode, stdout, stderr } = await fixture.replay([
      '--file',
      fixture.path('out'),
      '--format',
      'proto',
    ]);
    expect(stderr).toContain('1 operations are still open (listed, not exported)');
    expect(exitCode).toBe(0);
    expect(await fixture.inFile('out')).toEqual(await fixture.live());
    expect((await fixture.live()).length).toBe(8 * 8 + 6 + 2);
    expect(stdout).toMatch(
      /^open +partition \d {2}offset \d+ {2}trace left {2}pre_agent_loop {2}agent agent {2}since 2025-/,
    );
    expect(linesOf(stdout, 'incomplete')).toEqual([]);
    expect(await fixture.files()).toEqual(['data', 'out']);
  });

  it('leaves the group, the state and every log as they were', async () => {
    await fixture.fill();
    const look = async () => ({
      state: await Promise.all(
        [0, 1, 2].map((at) => fixture.log.state({ group: owner.group }).latest(at, 'partition')),
      ),
      events: await Promise.all([0, 1, 2].map((at) => fixture.log.events.bounds(at))),
      spans: await fixture.live(),
    });
    const before = await look();
    for (const args of [['--dry-run'], ['--verify']]) expect((await fixture.replay(args)).exitCode).toBe(0);
    expect(await look()).toEqual(before);
    // The assembler goes on where it stood, and gives nothing twice.
    await appendEvents(fixture.log, loopOf('left', 1).slice(3));
    await assembleAll(fixture.log, owner);
    expect((await fixture.live()).length).toBe(before.spans.length + 2);
  });

  it('filters the spans by trace, by service and by partition, whatever the fold needs', async () => {
    await fixture.fill();
    const all = await fixture.live();
    const only = async (name: string, ...args: readonly string[]): Promise<readonly string[]> => {
      expect(
        (await fixture.replay([...args, '--file', fixture.path(name), '--format', 'proto'])).exitCode,
      ).toBe(0);
      return fixture.inFile(name);
    };
    expect(await only('a', '--service', 'checkout')).toHaveLength(6);
    expect(await only('b', '--trace-id', 'trace-1', '--trace-id', 'shop')).toHaveLength(14);
    const parts = [await only('p0', '--partition', '0'), await only('p12', '--partition', '1,2')];
    expect(parts.flat().sort()).toEqual(all);
    expect(parts.every((part) => part.length > 0)).toBe(true);
    const lists = await fixture.replay(['--dry-run', '--service', 'checkout']);
    expect(lists.stdout).toBe('');
  });

  it('gives the spans that a range of offsets finished, with what came before it folded in', async () => {
    const trace = onPartition(1, 'range');
    await appendEvents(fixture.log, loopOf(trace, 3));
    await assembleAll(fixture.log, owner);
    const range = ['--partition', '1', '--from', 'offset:4', '--to', 'offset:7'];
    expect(
      (await fixture.replay([...range, '--file', fixture.path('out'), '--format', 'proto'])).exitCode,
    ).toBe(0);
    // Offsets 4 and 6 are POSTs of the second and third tool: both spans of each are on the topic as well.
    const found = await fixture.inFile('out');
    expect(found).toHaveLength(4);
    expect(await fixture.live()).toEqual(expect.arrayContaining([...found]));
  });

  it('folds from an open TTL and a grace before the range, and marks what was active there as incomplete', async () => {
    const settings = { openTtlMs: 4 * hour, reorderGraceMs: 1_000 };
    const [long, short, late] = ['long', 'short', 'late'].map((name) => onPartition(0, name)) as [
      string,
      string,
      string,
    ];
    const [first, ...rest] = loopOf(long, 3);
    await appendEvents(fixture.log, [first!, ...loopOf(short, 1)]);
    for (const event of rest.slice(0, 5)) {
      fixture.now += 2 * hour;
      await appendEvents(fixture.log, [event]);
    }
    await appendEvents(fixture.log, loopOf(late, 1));
    await assembleAll(fixture.log, { ...owner, settings });
    const from = new Date(beginning + 8 * hour).toISOString();
    const { exitCode, stdout } = await fixture.replay([
      '--from',
      from,
      '--file',
      fixture.path('out'),
      '--format',
      'proto',
    ]);
    expect(exitCode).toBe(0);
    expect(linesOf(stdout, 'incomplete')).toEqual([
      expect.stringContaining(`trace ${long}  active before offset`),
    ]);
    const complete = await fixture.replay([
      '--from',
      from,
      '--skip-incomplete',
      '--file',
      fixture.path('less'),
      '--format',
      'proto',
    ]);
    expect(complete.stderr).toContain('left out, of incomplete traces');
    expect(await fixture.live()).toEqual(expect.arrayContaining([...(await fixture.inFile('less'))]));
    expect(await fixture.inFile('less')).toHaveLength(4);
  });

  it('marks traces incomplete whose PRE the log has lost', async () => {
    const trace = onPartition(0, 'cut');
    const settings = { openTtlMs: hour, reorderGraceMs: 1_000 };
    await appendEvents(fixture.log, loopOf(trace, 1));
    fixture.now += 5_000;
    await appendEvents(fixture.log, loopOf(onPartition(0, 'other'), 1));
    await assembleAll(fixture.log, { ...owner, settings });
    await fixture.log.trimEvents(0, offset(2n));
    const { stdout } = await fixture.replay(['--dry-run', '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([expect.objectContaining({ kind: 'incomplete', partition: 0, traceId: trace })]);
  });

  it('folds with the settings of the state, not with those of the environment', async () => {
    await fixture.fill({ layout: 'operations', defaultServiceName: 'from-the-state' });
    const env = { KAIZEN_SPAN_LAYOUT: 'events', OTEL_SERVICE_NAME: 'other' };
    expect(
      (await fixture.replay(['--file', fixture.path('out'), '--format', 'proto'], { env })).exitCode,
    ).toBe(0);
    expect(await fixture.inFile('out')).toEqual(await fixture.live());
  });

  it.each([
    [[], /name where spans go/],
    [['--otlp', '--dry-run'], /only one of them/],
    [['--dry-run', '--partition', '3'], /the log has 3 partitions, 0 to 2/],
    [['--verify', '--layout', 'operations'], /leave out --otlp, --file, --dry-run and --layout/],
    [['--resume', 'nowhere.json'], /there is no such file; begin the replay afresh/],
    [['--dry-run', '--from', 'yesterday'], /offset:N/],
    [['--otlp', 'http://'], /not a URL|not an endpoint/],
  ] as const)('refuses %j with the remedy', async (args, message) => {
    const { exitCode, stderr } = await fixture.replay(args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(1);
  });
});
