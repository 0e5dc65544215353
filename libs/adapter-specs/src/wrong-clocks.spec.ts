import { afterEach, describe, expect, it } from '@jest/globals';
import { openEmbeddedPipeline, type EmbeddedPipeline } from './testing/embedded-pipeline.js';
import { appendTold, attributeOf, spansOn, type SeenSpan, type Told } from './testing/records.js';

const second = 1000;
const minute = 60 * second;
const begin = 1_763_600_000_000;
const year = 365n * 24n * 3600n * 1_000_000n;

const open: EmbeddedPipeline[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Played {
  /** What had come when only the agent with the wrong clock had ended anything. */
  readonly early: readonly SeenSpan[];
  readonly all: readonly SeenSpan[];
}

const agentOf = (seen: SeenSpan): unknown => attributeOf(seen, 'agent_id');
const of = (agent: string, spans: readonly SeenSpan[]): readonly SeenSpan[] =>
  spans.filter((seen) => agentOf(seen) === agent);
const named = (spans: readonly SeenSpan[]): readonly string[] =>
  spans.map((seen) => `${String(attributeOf(seen, 'trace_id'))} ${seen.span.name.text}`).sort();

/** Two agents at work on one partition, through a real assembler; the clock of `off` is wrong by so many microseconds. */
const play = async (skew: bigint): Promise<Played> => {
  const pipeline = await openEmbeddedPipeline(begin, { reorderGraceMs: 30 * second, openTtlMs: 30 * minute });
  open.push(pipeline);
  const { clock, log } = pipeline;
  const told =
    (agent: string, clockError: bigint) =>
    (trace: string, type: string, call?: string): Told => ({
      trace,
      id: `${trace}-${agent}-${type}-${clock.now}`,
      type,
      at: BigInt(clock.now) * 1000n + clockError,
      agent,
      ...(call === undefined ? {} : { call }),
    });
  const right = told('right', 0n);
  const off = told('off', skew);
  const assembler = await pipeline.start();
  const append = async (...events: readonly Told[]): Promise<void> => {
    await appendTold(log, ...events);
    await assembler.caughtUp();
  };

  await append(
    right('paired', 'pre_tool_use'),
    right('died', 'pre_tool_use'),
    right('overtaken', 'post_memory_read'),
    right('orphan', 'post_memory_read'),
    right('shared', 'pre_tool_use', 'one'),
    off('shared', 'pre_llm_call', 'two'),
    off('its-own', 'pre_tool_use'),
    off('its-own-died', 'pre_tool_use'),
  );
  clock.now += 10 * second;
  await append(
    off('its-own', 'post_tool_use'),
    off('shared', 'post_llm_call', 'two'),
    off('its-own', 'note'),
  );
  const early = await spansOn(log);
  clock.now += 5 * second;
  // The PRE says that it was before its POST, as one does that was held up on its way.
  const late = right('overtaken', 'pre_memory_read');
  await append(
    right('paired', 'post_tool_use'),
    { ...late, at: BigInt(begin) * 1000n - 1n },
    right('shared', 'post_tool_use', 'one'),
  );
  clock.now += 20 * second;
  await append(right('later', 'note'));
  clock.now += 30 * minute;
  await append(right('much-later', 'note'), off('much-later', 'note'));
  return { early, all: await spansOn(log) };
};

describe('an agent whose clock is wrong', () => {
  it.each<[string, bigint]>([
    ['ahead', year],
    ['behind', -year],
  ])(
    'by a year, %s, changes nothing but the times of its own spans',
    async (_, skew) => {
      const well = await play(0n);
      const { early, all } = await play(skew);
      // No timer fired for its sake: nothing was abandoned, nothing became an orphan.
      expect(named(early)).toEqual([
        'its-own note',
        'its-own post_tool_use:wait',
        'its-own pre_tool_use:wait',
        'shared post_llm_call',
        'shared pre_llm_call',
      ]);
      expect(named(early)).toEqual(named(well.early));

      const others = of('right', all);
      expect(others.map(({ bytes }) => bytes)).toEqual(of('right', well.all).map(({ bytes }) => bytes));
      const flagged = (flag: string): readonly string[] =>
        named(others.filter((seen) => attributeOf(seen, flag) === true));
      expect(flagged('kaizen.orphan')).toEqual(['orphan post_memory_read']);
      expect(flagged('kaizen.abandoned')).toEqual(['died pre_tool_use:wait']);
      expect(named(others)).toEqual(expect.arrayContaining(['overtaken pre_memory_read']));

      // Its own: the same spans, as long as ever, a year away.
      const [its, wells] = [of('off', all), of('off', well.all)];
      expect(named(its)).toEqual(named(wells));
      expect(named(its)).toContain('its-own-died pre_tool_use:wait');
      its.forEach(({ span }, at) => {
        const same = wells[at]!.span;
        expect(span.spanId).toBe(same.spanId);
        expect([span.start - same.start, span.end - same.end]).toEqual([skew * 1000n, skew * 1000n]);
      });
    },
    60_000,
  );
});
