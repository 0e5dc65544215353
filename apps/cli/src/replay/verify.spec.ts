import { describe, expect, it } from '@jest/globals';
import { encodeSpans } from '@kaizen-trace/otlp';
import { appendEvents, assembleAll, loopOf, spansInRequests } from '../testing/folded-log.js';
import { linesOf, onPartition, owner, replayFixture } from '../testing/replay-fixture.js';

describe('replay --verify', () => {
  const fixture = replayFixture();

  it('finds the topic of an undisturbed assembler as the log gives it', async () => {
    await fixture.fill();
    const { exitCode, stdout, stderr } = await fixture.replay(['--verify']);
    expect(stdout).toBe('');
    expect(stderr).toContain('72 spans on kaizen.spans are what the log gives, byte for byte; 0 differences');
    expect(exitCode).toBe(0);
  });

  it('lists each span that is missing, that is too many, or that has other bytes', async () => {
    const trace = onPartition(2, 'planted');
    await appendEvents(fixture.log, loopOf(trace, 3));
    for (let nth = 0; nth < 5; nth += 1)
      await appendEvents(fixture.log, loopOf(onPartition(2, `well-${nth}`), 2));
    let stranger: Uint8Array | undefined;
    const seen: string[] = [];
    await assembleAll(fixture.log, {
      ...owner,
      tamper: (unit, partition) => {
        if (partition !== 2 || unit.spans.length === 0 || stranger !== undefined) return unit;
        stranger = encodeSpans([
          {
            traceId: 'ab'.repeat(16) as never,
            spanId: 'cd'.repeat(8) as never,
            name: 'stranger',
            kind: 'internal',
            start: 1n as never,
            end: 2n as never,
            serviceName: 'kaizen-agents',
            attributes: [],
            droppedAttributes: 0,
            events: [],
            status: { code: 'unset' },
          },
        ]);
        const text = Buffer.from(unit.spans[0]!).toString('latin1');
        // One letter of an attribute: the span keeps its id and its length.
        const other = text.replace('agent\x12', 'agenT\x12').replace('tool-1', 'tool-9');
        seen.push(text === other ? 'nothing to change' : 'changed');
        return { ...unit, spans: [Buffer.from(other, 'latin1'), ...unit.spans.slice(1), stranger] };
      },
    });
    expect(seen).toEqual(['changed']);
    const { exitCode, stdout, stderr } = await fixture.replay(['--verify', '--json']);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { difference: string; partition: number });
    expect(found.filter(({ difference }) => difference === 'different')).toHaveLength(1);
    expect(found).toContainEqual(
      expect.objectContaining({
        difference: 'extra',
        spanId: 'cd'.repeat(8),
        name: 'stranger',
        partition: 2,
      }),
    );
    expect(found).toHaveLength(2);
    expect(stderr).toContain('2 differences (listed)');
    expect(exitCode).toBe(2);
  });

  it('finds what was lost on the way to the topic', async () => {
    const lost = onPartition(0, 'lost');
    let dropped = 0;
    await appendEvents(fixture.log, loopOf(onPartition(0, 'before'), 2));
    await assembleAll(fixture.log, owner);
    await appendEvents(fixture.log, loopOf(lost, 1));
    await assembleAll(fixture.log, {
      ...owner,
      tamper: (unit) => {
        dropped += spansInRequests(unit.spans).length;
        return { ...unit, spans: [] };
      },
    });
    await appendEvents(fixture.log, loopOf(onPartition(0, 'after'), 2));
    await assembleAll(fixture.log, owner);
    const { exitCode, stdout } = await fixture.replay(['--verify']);
    expect(dropped).toBe(4);
    expect(linesOf(stdout, 'missing')).toHaveLength(4);
    expect(linesOf(stdout, 'extra')).toEqual([]);
    expect(exitCode).toBe(2);
    const other = await fixture.replay(['--verify', '--trace-id', onPartition(0, 'after')]);
    expect(other.stderr).toContain('6 spans on kaizen.spans are what the log gives');
    expect(other.exitCode).toBe(0);
  });

  it('does not miss what the assembler has not come to yet', async () => {
    await fixture.fill();
    await appendEvents(fixture.log, loopOf('not-yet', 3));
    const { exitCode, stdout } = await fixture.replay(['--verify']);
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  });

  it('knows the settings that the state keeps of before a redeploy', async () => {
    await fixture.fill();
    const before = (await fixture.live()).length;
    await appendEvents(fixture.log, loopOf('new', 2));
    await assembleAll(fixture.log, { ...owner, settings: { layout: 'operations' } });
    // Three pairs of one span each, where layout `events` would give two.
    expect((await fixture.live()).length).toBe(before + 3);
    const { exitCode, stdout, stderr } = await fixture.replay(['--verify']);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/partitions [\d, ]+: the state keeps more than one assembly setting/);
    expect(exitCode).toBe(0);
  });
});
