import { afterEach, describe, expect, it } from '@jest/globals';
import { openEmbeddedPipeline, type EmbeddedPipeline } from './testing/embedded-pipeline.js';
import { appendTold, lengthsOf, spansOn } from './testing/records.js';
import { replayed, verified } from './testing/replay.js';

const hour = 3_600_000;
const year = 365 * 24 * hour;

let pipeline: EmbeddedPipeline | undefined;
afterEach(async () => {
  await pipeline?.close();
  pipeline = undefined;
});

describe('an operation that was thirty hours open by the append times of its log too', () => {
  it.each<[string, readonly string[]]>([
    ['events', ['post_tool_use:wait', 'pre_tool_use:wait']],
    ['operations', ['execute_tool wait']],
  ])(
    'is one operation after two crashes, and replayed when its records are a year old gives the identical spans (embedded log, clock moved by hand, layout %s)',
    async (layout, names) => {
      const begin = Date.now() - year;
      pipeline = await openEmbeddedPipeline(begin, { layout: layout === 'events' ? 'events' : 'operations' });
      const { clock, log, settings } = pipeline;
      const micros = (): bigint => BigInt(clock.now) * 1000n;
      const operation = { trace: 'old', call: 'call' };
      await appendTold(log, { ...operation, id: 'begin', type: 'pre_tool_use', at: micros() + 7n });
      for (const turn of ['first', 'second']) {
        const assembler = await pipeline.start();
        await assembler.caughtUp();
        clock.now += 15 * hour;
        await appendTold(log, { trace: turn, id: turn, type: 'note', at: micros() });
        await assembler.caughtUp();
        await assembler.crash();
      }
      await appendTold(log, { ...operation, id: 'end', type: 'post_tool_use', at: micros() + 8n });
      const last = await pipeline.start();
      await last.caughtUp();
      const live = await spansOn(log);
      const length = (30n * BigInt(hour) * 1000n + 1n) * 1000n;
      expect(lengthsOf(live)).toEqual(
        ['note 1', 'note 1', ...names.map((name) => `${name} ${length}`)].sort(),
      );

      clock.now = begin + year;
      await appendTold(log, { trace: 'new', id: 'new', type: 'note', at: micros() });
      await last.caughtUp();
      const all = await spansOn(log);
      const again = await replayed(settings);
      expect(again.spans).toEqual(all);
      expect(again.spans.slice(0, live.length)).toEqual(live);
      expect(again.listed).toBe('');
      const only = await replayed(settings, '--trace-id', 'old');
      expect(lengthsOf(only.spans)).toEqual(names.map((name) => `${name} ${length}`));
      // And of the range of append times alone, which ended a year ago.
      const point = (ms: number): string => new Date(ms).toISOString();
      const range = ['--from', point(begin + 29 * hour), '--to', point(begin + 31 * hour)];
      const bounded = await replayed(settings, ...range, '--trace-id', 'old');
      expect(bounded.spans).toEqual(only.spans);
      expect(await verified(settings)).toMatchObject({ exitCode: 0, listed: '' });
    },
    60_000,
  );
});
