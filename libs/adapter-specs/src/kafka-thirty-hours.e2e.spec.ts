import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { describeReal, eventually, Fleet, queryJaeger, type JaegerTrace } from '@kaizen-trace/testkit';
import { appendTold, lengthsOf, spansOn } from './testing/records.js';
import { replayed, verified } from './testing/replay.js';

const app = (name: string): string =>
  fileURLToPath(new URL(`../../../apps/${name}/dist/main.js`, import.meta.url));

/** To the microsecond, which a clock in milliseconds would lose. */
const thirtyHours = 108_000_000_001n;
const begin = 1_763_600_000_000_007n;

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
}, 60_000);

await describeReal('an operation of thirty hours', ['kafka', 'jaeger'], ({ kafka, jaeger }) => {
  const openFleet = async (layout: string): Promise<Fleet> => {
    fleet = await Fleet.open({
      brokers: kafka.brokers,
      name: `hours-${randomUUID()}`,
      partitions: 1,
      script: app('span-assembler'),
      // The open TTL is left at its default.
      settings: { KAIZEN_SPAN_LAYOUT: layout },
    });
    return fleet;
  };

  /** What Jaeger shows of the trace once it has so many spans. */
  const shown = async (traceId: string, count: number): Promise<JaegerTrace> => {
    const query = queryJaeger(jaeger.queryUrl);
    let trace: JaegerTrace | undefined;
    await eventually('Jaeger shows the operation', 30_000, async () => {
      trace = await query.trace(traceId.replaceAll('-', ''));
      return (trace?.spans.length ?? 0) >= count;
    });
    return trace!;
  };

  it.each<[string, readonly string[]]>([
    ['events', ['post_tool_use:wait', 'pre_tool_use:wait']],
    ['operations', ['execute_tool wait']],
  ])(
    'whose owner is killed and whose partition moves twice before its POST is one operation, exactly as long (layout %s)',
    async (layout, names) => {
      const fleet = await openFleet(layout);
      const operation = { trace: randomUUID(), call: 'call' };
      const first = fleet.start('first');
      await fleet.shares({ first: 1 });
      await appendTold(fleet.log, { ...operation, id: 'begin', type: 'pre_tool_use', at: begin });
      await eventually('the PRE is committed', 15_000, async () => {
        const status = await fetch(`${(await first.url()) ?? ''}/metrics`).then((answer) => answer.text());
        return /^kaizen_assembler_records_total\S* 1$/m.test(status);
      });
      fleet.start('second');
      fleet.start('third');
      await eventually(
        'all are members',
        30_000,
        async () => Object.keys(await fleet.holdings()).length === 3,
      );
      await first.service.kill();
      const heirs = async (): Promise<readonly string[]> =>
        Object.entries(await fleet.holdings()).flatMap(([name, held]) =>
          name !== 'first' && held.length > 0 ? [name] : [],
        );
      await eventually('another has the partition', 30_000, async () => (await heirs()).length > 0);
      const [heir = ''] = await heirs();
      await fleet.shares({ second: heir === 'second' ? 1 : 0, third: heir === 'third' ? 1 : 0 });
      const exporter = fleet.exportTo(jaeger.otlpEndpoint, app('span-exporter'));
      await fleet.kill(heir);
      const last = heir === 'second' ? 'third' : 'second';
      await fleet.shares({ [last]: 1 });

      await appendTold(fleet.log, {
        ...operation,
        id: 'end',
        type: 'post_tool_use',
        at: begin + thirtyHours,
      });
      const trace = await shown(operation.trace, names.length);
      expect(trace.spans.map(({ operationName }) => operationName).sort()).toEqual(names);
      for (const { duration, startTime, warnings } of trace.spans) {
        expect({ duration, startTime, warnings }).toEqual({
          duration: Number(thirtyHours),
          startTime: Number(begin),
          warnings: null,
        });
      }
      const live = await spansOn(fleet.log);
      expect(lengthsOf(live)).toEqual(names.map((name) => `${name} ${thirtyHours * 1000n}`));
      expect((await verified(fleet.settings)).exitCode).toBe(0);
      const again = await replayed(fleet.settings);
      expect(again.spans).toEqual(live);
      expect(await exporter.stop()).toBe(0);
      await fleet.kill(last);
      expect(await fleet.differences()).toEqual({});
    },
    90_000,
  );
});
