import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningTraceStore } from './open-trace-store.js';
import { connectOtlp } from './testing/otlp-client.js';
import { idsOf } from './testing/query-client.js';
import { runningStore } from './testing/running-store.js';
import { ms, now, request, span, traceOf } from './testing/small-traces.js';

const hour = 3_600_000n * ms;
const service = 'recorded';

describe('the time that a search covers', () => {
  let store: RunningTraceStore;
  const ages = { month: 720n * hour, day: 24n * hour, minute: 60_000n * ms };
  const all = ['first', 'old', 'month', 'day', 'minute', 'future'];

  /** The names of the traces found, oldest first. */
  const found = async (parameters: string): Promise<readonly (string | undefined)[]> => {
    const ids = await idsOf(store, `service=${service}&${parameters}`);
    return ids.map((id) => all[Number(`0x${id.slice(-4)}`)]).reverse();
  };
  const micros = (nanoseconds: bigint): string => (nanoseconds / 1_000n).toString();

  beforeAll(async () => {
    store = await runningStore();
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    const starts = [
      ms,
      1_000_000_000n,
      now - ages.month,
      now - ages.day,
      now - ages.minute,
      now + 240n * hour,
    ];
    for (const [index, start] of starts.entries()) {
      await client.send(request(service, [span(traceOf(index), 1, { start, end: start + ms })]));
    }
    client.close();
  });
  afterAll(() => store.close());

  it('is everything that is kept, where neither start, end nor lookback is given', async () => {
    expect(await found('')).toEqual(all);
    expect(await found('limit=2')).toEqual(['minute', 'future']);
    expect(await found('start=&end=&lookback=')).toEqual(all);
  });

  it('runs from the first trace to the end, where only that is given', async () => {
    expect(await found(`end=${micros(now - hour)}`)).toEqual(['first', 'old', 'month', 'day']);
  });

  it('runs from the start until now, as in Jaeger, where only that is given', async () => {
    expect(await found(`start=${micros(now - 48n * hour)}`)).toEqual(['day', 'minute']);
    expect(await found('start=0')).toEqual(['first', 'old', 'month', 'day', 'minute']);
  });

  it('counts a lookback from the end, or from now', async () => {
    expect(await found('lookback=2h')).toEqual(['minute']);
    expect(await found('lookback=2d')).toEqual(['day', 'minute']);
    expect(await found('lookback=5w')).toEqual(['month', 'day', 'minute']);
    expect(await found('lookback=1d1h30m')).toEqual(['day', 'minute']);
    expect(await found(`lookback=29d&end=${micros(now - hour)}`)).toEqual(['day']);
  });

  it('passes a lookback over beside a start, and one that cannot be read, as Jaeger does', async () => {
    expect(await found(`start=${micros(now - 48n * hour)}&lookback=1h`)).toEqual(['day', 'minute']);
    expect(await found('lookback=custom')).toEqual(all);
  });

  it('has no place for a limit below one, which is the asker’s fault and not a failure here', async () => {
    for (const limit of ['0', '-1', '-2147483648']) {
      const answer = await fetch(`${store.queryUrl}/api/traces?service=${service}&limit=${limit}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        data: null,
        errors: [{ code: 400, msg: 'search depth must be greater than 0 and less than max traces' }],
      });
    }
  });
});
