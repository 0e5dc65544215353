import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import { callIdentity, spanIdOf } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/assembler-runtime';
import { eventually, operate, type Operated } from './operated.js';
import { run } from './run-cli.js';

interface Page {
  readonly operations: readonly {
    readonly trace_id: string;
    readonly span_id: string;
    readonly age_ms: number;
  }[];
  readonly total: number;
  readonly next_cursor: string | null;
  readonly complete: boolean;
  readonly missing_partitions: readonly number[];
  readonly assemblers: readonly {
    readonly url: string | null;
    readonly outcome: string;
    readonly reason: string | null;
  }[];
}

const traces = 24;

/** A loop with an open tool call in each trace; every third has finished its call. */
const events = (): readonly Readonly<Record<string, unknown>>[] =>
  Array.from({ length: traces }, (_, n) => {
    const shared = {
      trace_id: `trace-${n}`,
      agent_id: n % 2 === 0 ? 'even' : 'odd',
      service_name: `service-${n % 4}`,
    };
    const call = { ...shared, call_id: 'call', data: { tool_name: 'search' } };
    const done = n % 3 === 0 ? [{ ...call, event_type: 'post_tool_use' }] : [];
    return [{ ...shared, event_type: 'pre_agent_loop' }, { ...call, event_type: 'pre_tool_use' }, ...done];
  }).flat();

const openCount = traces + (traces * 2) / 3;

const publish = async (gateway: Gateway, batch: readonly unknown[]): Promise<void> => {
  const answer = await fetch(`${gateway.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  });
  if (answer.status !== 202) throw new Error(`publishing was answered ${answer.status}`);
};

const ask = async (gateway: Gateway, query = ''): Promise<Page> =>
  (await (await fetch(`${gateway.url}/api/open-operations?${query}`)).json()) as Page;

/** Every page, of `size` operations each. */
const askAll = async (gateway: Gateway, query: string, size: number): Promise<Page['operations']> => {
  const found: Page['operations'][number][] = [];
  for (let cursor = ''; ;) {
    const page = await ask(gateway, `${query}&limit=${size}${cursor}`);
    found.push(...page.operations);
    if (page.next_cursor === null) return found;
    cursor = `&cursor=${page.next_cursor}`;
  }
};

/** What is open, on any log: through the gateway, from several assemblers. */
export const describeOpenOperations = (
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
    let group: string;

    beforeEach(async () => {
      place = await open();
      group = `${place.prefix}open-assembler`;
      services = operate(() => place.connect(), { group, prefix: place.prefix });
      gateway = await services.gateway();
      await services.assembler();
      await services.assembler();
      await publish(gateway, events());
      await eventually(
        () => ask(gateway),
        ({ total, complete }) => complete && total === openCount,
      );
    }, 60_000);

    afterEach(async () => {
      await services.close();
      await place.dispose();
    }, 60_000);

    it('shows each open operation once, across all assemblers, oldest or newest first', async () => {
      const page = await ask(gateway, 'limit=1000');
      expect(page).toMatchObject({
        total: openCount,
        complete: true,
        missing_partitions: [],
        next_cursor: null,
      });
      expect(page.assemblers.map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
      expect(new Set(page.operations.map(({ span_id: id }) => id)).size).toBe(openCount);
      const call = spanIdOf(sha256Hex, 'trace-1', callIdentity('call'));
      expect(page.operations).toContainEqual(
        expect.objectContaining({ trace_id: 'trace-1', span_id: call, kind: 'tool_use', name: 'search' }),
      );
      const newest = await ask(gateway, 'limit=1000&order=newest');
      expect(newest.operations.map(({ span_id: id }) => id)).toEqual(
        page.operations.map(({ span_id: id }) => id).reverse(),
      );
    }, 60_000);

    it('gives the same in pages of any size, while others open', async () => {
      const ids = (operations: Page['operations']) => operations.map(({ span_id: id }) => id);
      const whole = ids((await ask(gateway, 'limit=1000')).operations);
      expect(ids(await askAll(gateway, 'order=oldest', 7))).toEqual(whole);
      const first = await ask(gateway, 'order=newest&limit=5');
      await publish(gateway, [{ event_type: 'pre_llm_call', agent_id: 'late', trace_id: 'late' }]);
      await eventually(
        () => ask(gateway),
        ({ total }) => total === openCount + 1,
      );
      const rest = await askAll(gateway, `order=newest&cursor=${first.next_cursor}`, 1_000);
      expect([...ids(first.operations), ...ids(rest)]).toEqual([...whole].reverse());
    }, 60_000);

    it('filters by service, agent, kind and age, and names a filter that it cannot read', async () => {
      const total = async (query: string) => (await ask(gateway, query)).total;
      expect(await total('kind=agent_loop')).toBe(traces);
      expect(await total('kind=tool_use')).toBe(openCount - traces);
      expect(await total('agent=even')).toBe(openCount / 2);
      expect(await total('service=service-1&kind=agent_loop')).toBe(traces / 4);
      expect(await total('min_age=1h')).toBe(0);
      expect(await total('min_age=0s')).toBe(openCount);
      for (const wrong of ['min_age=5', 'order=up', 'limit=1001', 'cursor=x', 'agnet=even'])
        expect((await fetch(`${gateway.url}/api/open-operations?${wrong}`)).status).toBe(400);
    }, 60_000);

    it('marks an answer as partial where an assembler is silent, and does not wait for it', async () => {
      const silent = createServer(() => undefined).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      try {
        await services.assembler(url);
        const page = await eventually(
          () => ask(gateway, 'limit=1000'),
          ({ assemblers, missing_partitions: missing }) => assemblers.length === 3 && missing.length === 1,
        );
        expect(page.complete).toBe(false);
        expect(page.total).toBe(page.operations.length);
        expect(page.total).toBeLessThan(openCount);
        expect(page.assemblers).toContainEqual(
          expect.objectContaining({ url, outcome: 'silent', reason: 'did not answer in time' }),
        );
        const { stdout, stderr, exitCode } = await run(['open'], {
          env: { KAIZEN_GATEWAY_URL: gateway.url },
        });
        expect([exitCode, stdout.includes('open operations known')]).toEqual([0, true]);
        expect(stderr).toContain(`${url}: did not answer in time`);
      } finally {
        silent.closeAllConnections();
        silent.close();
      }
    }, 60_000);

    it('prints them as a table or as JSON', async () => {
      const env = { KAIZEN_GATEWAY_URL: gateway.url };
      const { stdout } = await run(['open', '--kind', 'tool_use', '--agent', 'odd', '--limit', '2'], { env });
      const [head, first, , summary] = stdout.split('\n');
      expect(head).toMatch(/^AGE +SERVICE +AGENT +OPERATION +TRACE +SPAN +PARENT$/);
      expect(first).toMatch(
        /^\d+\.\ds +service-\d +odd +tool_use:search +trace-\d+ +[0-9a-f]{16} +[0-9a-f]{16}$/,
      );
      expect(summary).toBe('2 of 8 open operations');
      const json = await run(['open', '--json', '--limit', '1000'], { env });
      expect((JSON.parse(json.stdout) as Page).operations).toHaveLength(openCount);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 700);
      const watched = await run(['open', '--watch', '--interval', '100ms', '--limit', '1'], {
        env,
        signal: controller.signal,
      });
      expect(watched.exitCode).toBe(0);
      expect(watched.stdout.match(/of 40 open/g)?.length).toBeGreaterThan(1);
    }, 60_000);
  });
};
