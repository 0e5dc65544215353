import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import type { Gateway, ReplayJson, ShownReplay } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import { acceptSpans, startOtlpBackend, type OtlpAnswer, type OtlpBackend } from '@kaizen-trace/testkit';
import { listen } from './event-source.js';
import { eventually, operate, type Operated } from './operated.js';
import { pipelineOf, publish } from './pipeline-api.suite.js';

const traces = 40;
const json = { 'content-type': 'application/json' };

/** A loop with a call in each trace; every fourth loop stays open. */
const events = (): readonly unknown[] =>
  Array.from({ length: traces }, (_, n) => {
    const shared = { trace_id: `trace-${n}`, agent_id: 'agent', data: { tool_name: 'search' } };
    const types = ['pre_agent_loop', 'pre_tool_use', 'post_tool_use'];
    if (n % 4 !== 0) types.push('post_agent_loop');
    return types.map((type) => ({ ...shared, event_type: type }));
  }).flat();

/** Replays through the operating API, on any log. */
export const describeReplaysApi = (
  name: string,
  open: () => Promise<{
    connect(): Promise<LogConnection>;
    readonly prefix: string;
    dispose(): Promise<void>;
  }>,
): void => {
  describe(name, () => {
    let place: Awaited<ReturnType<typeof open>>;
    let services: Operated;
    let gateway: Gateway;
    let backend: OtlpBackend;
    let answer: OtlpAnswer;
    let spans: number;

    beforeEach(async () => {
      place = await open();
      const group = `${place.prefix}replays`;
      services = operate(() => place.connect(), { group, prefix: place.prefix });
      answer = acceptSpans;
      backend = await startOtlpBackend((call, respond) => {
        answer(call, respond);
      });
      gateway = await services.gateway([], {
        replay: {
          owner: { group, topic: `${place.prefix}hook-events` },
          configured: defaultSettings,
          backend: { endpoint: backend.endpoint, insecure: true },
        },
      });
      await services.assembler();
      await publish(gateway, events());
      const seen = await eventually(
        () => pipelineOf(gateway),
        // Committed, not only folded: a comparison asks for no more than that.
        ({ totals, partitions }) =>
          totals.counts.events === events().length &&
          partitions.every((each) => each.committed_offset === each.log_end),
      );
      spans = seen.totals.counts.spans;
    }, 60_000);

    afterEach(async () => {
      await services.close();
      backend.stop();
      await place.dispose();
    }, 60_000);

    const begin = async (body: unknown, headers: Readonly<Record<string, string>> = json) => {
      const answered = await fetch(`${gateway.url}/api/replays`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return [answered.status, (await answered.json()) as ReplayJson & { message: string }] as const;
    };
    const show = async (id: string): Promise<ShownReplay> =>
      (await (await fetch(`${gateway.url}/api/replays/${id}`)).json()) as ShownReplay;

    it('counts in a dry run what the log gives, lists what is open, and sends nothing', async () => {
      const [status, begun] = await begin({ target: 'dry-run' });
      expect([status, begun.request.target]).toEqual([202, 'dry-run']);
      const source = await listen(`${gateway.url}/api/replays/${begun.id}/events`);
      const done = await source.next<ShownReplay>('snapshot', ({ state }) => state !== 'running');
      expect(done).toMatchObject({
        state: 'done',
        failure: null,
        progress: { fraction: 1, spans, refused: 0, open: traces / 4 },
      });
      expect(done.listed.open).toHaveLength(traces / 4);
      await source.ended;
      expect(backend.requests).toEqual([]);
      const { replays } = (await (await fetch(`${gateway.url}/api/replays`)).json()) as {
        readonly replays: readonly ReplayJson[];
      };
      expect(replays.map(({ id, state }) => [id, state])).toEqual([[begun.id, 'done']]);
    }, 60_000);

    it('sends the spans of one trace to the backend once more, and finds the span log as the log gives it', async () => {
      const [, begun] = await begin({ target: 'backend', trace_ids: ['trace-1'] });
      const sent = await eventually(
        () => show(begun.id),
        ({ state }) => state !== 'running',
      );
      expect(sent).toMatchObject({ state: 'done', progress: { refused: 0 } });
      expect(sent.progress.spans).toBeGreaterThan(0);
      expect(backend.requests.filter(({ length }) => length > 0)).toHaveLength(1);
      const [, verifying] = await begin({ target: 'verify' });
      const verified = await eventually(
        () => show(verifying.id),
        ({ state }) => state !== 'running',
      );
      expect(verified).toMatchObject({ state: 'done', verdict: { matched: spans, differences: 0 } });
    }, 60_000);

    it('does one at a time, says why it waits, and ends one that is cancelled', async () => {
      answer = () => undefined;
      const [, waiting] = await begin({ target: 'backend' });
      expect((await begin({ target: 'dry-run' }))[0]).toBe(409);
      const cancelled = await fetch(`${gateway.url}/api/replays/${waiting.id}`, {
        method: 'DELETE',
        headers: json,
      });
      expect([cancelled.status, ((await cancelled.json()) as ReplayJson).state]).toEqual([200, 'cancelled']);
      expect((await begin({ target: 'dry-run' }))[0]).toBe(202);
      const again = await fetch(`${gateway.url}/api/replays/${waiting.id}`, {
        method: 'DELETE',
        headers: json,
      });
      expect(again.status).toBe(409);
      expect((await fetch(`${gateway.url}/api/replays/nonsense`)).status).toBe(404);
    }, 60_000);

    it('refuses what it cannot read, by the name of the field, and another layout where the live spans are', async () => {
      for (const [wrong, reason] of [
        [{}, /target is missing/],
        [{ target: 'file' }, /target is none of/],
        [{ target: 'dry-run', from: 'yesterday' }, /^from /],
        [{ target: 'dry-run', form: '2h' }, /form is unknown/],
        [{ target: 'dry-run', partitions: [99] }, /has 3 partitions/],
        [{ target: 'dry-run', partitions: [] }, /^partitions/],
        [{ target: 'backend', layout: 'operations' }, /one span id would get two bodies/],
        [[], /no JSON object/],
      ] as const) {
        const [status, body] = await begin(wrong);
        expect([status, body.message]).toEqual([400, expect.stringMatching(reason)]);
      }
    }, 60_000);

    it('lets no page of another site change anything', async () => {
      const foreign = { ...json, origin: 'https://evil.example' };
      expect((await begin({ target: 'dry-run' }, foreign))[0]).toBe(403);
      expect((await begin({ target: 'dry-run' }, { ...json, origin: 'null' }))[0]).toBe(403);
      expect((await begin({ target: 'dry-run' }, { 'content-type': 'text/plain' }))[0]).toBe(415);
      const letters = `${gateway.url}/api/dead-letters/redrive`;
      expect((await fetch(letters, { method: 'POST', headers: foreign, body: '{}' })).status).toBe(403);
      const remote = { 'x-forwarded-for': '203.0.113.7' };
      expect((await fetch(`${gateway.url}/api/pipeline`, { headers: remote })).status).toBe(403);
      const own = { ...json, origin: 'http://localhost:16686' };
      expect((await begin({ target: 'dry-run' }, own))[0]).toBe(202);
    }, 60_000);

    it('takes events while it replays', async () => {
      const many = Array.from({ length: 4_000 }, (_, n) => [
        { trace_id: `more-${n}`, agent_id: 'agent', event_type: 'pre_agent_loop' },
        { trace_id: `more-${n}`, agent_id: 'agent', event_type: 'post_agent_loop' },
      ]).flat();
      await publish(gateway, many);
      const [, begun] = await begin({ target: 'dry-run' });
      const took: number[] = [];
      while ((await show(begun.id)).state === 'running') {
        const began = performance.now();
        await publish(gateway, [{ trace_id: 'now', agent_id: 'agent', event_type: 'note' }]);
        took.push(performance.now() - began);
      }
      expect((await show(begun.id)).state).toBe('done');
      expect(Math.max(0, ...took)).toBeLessThan(1_000);
    }, 60_000);
  });
};
