import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppendOutcome, NewRecord } from '@kaizen-trace/ports';
import { eventually } from '@kaizen-trace/testkit';
import {
  json,
  metricsOf,
  openGatewayFixture,
  send,
  type GatewayFixture,
} from '../testing/gateway-fixture.js';
import { openHookQueue } from './hook-queue.js';

const session = '0b9c3f2e-5a6d-4c1b-8e7f-112233445566';
const hook = (hook_event_name: string, members: Readonly<Record<string, unknown>> = {}) => ({
  session_id: session,
  transcript_path: '/t',
  cwd: '/c',
  prompt_id: 'p1',
  hook_event_name,
  ...members,
});

const arrived = (fixture: GatewayFixture, count: number) =>
  eventually(`${count} events in the log`, 10_000, async () => (await fixture.events()).length >= count);

describe('POST /v1/hooks/claude-code', () => {
  let fixture: GatewayFixture;
  afterEach(() => fixture.close());

  const post = async (body: unknown, headers: Readonly<Record<string, string>> = json) =>
    send(fixture.gateway, {
      path: '/v1/hooks/claude-code',
      headers,
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });

  it('answers an empty object, which decides nothing, and the events follow in their order', async () => {
    fixture = await openGatewayFixture();
    for (const each of [
      hook('UserPromptSubmit', { prompt: 'x' }),
      hook('PreToolUse', { tool_name: 'Bash', tool_use_id: 't1', tool_input: { command: 'rm' } }),
      hook('PostToolUse', { tool_name: 'Bash', tool_use_id: 't1', tool_response: 'out' }),
      hook('Stop'),
    ]) {
      const answer = await post(each);
      expect(answer).toMatchObject({ status: 200, text: '{}' });
      expect(answer.headers['content-type']).toContain('application/json');
    }
    await arrived(fixture, 6);
    expect((await fixture.events()).map(({ eventType }) => eventType)).toEqual([
      'pre_session',
      'post_session',
      'pre_agent_loop',
      'pre_tool_use',
      'post_tool_use',
      'post_agent_loop',
    ]);
    const events = await fixture.events();
    expect(new Set(events.map(({ traceId }) => traceId))).toEqual(new Set([session]));
    expect(events.every(({ serviceName }) => serviceName === 'claude-code')).toBe(true);
    expect(JSON.stringify(events.map(({ data }) => data))).not.toMatch(/rm|out/);
    expect(await metricsOf(fixture)).toMatch(/kaizen_gateway_hook_events_total\{outcome="appended"[^}]*\} 6/);
  });

  it('takes content where it is asked for, without secrets, and one trace for each prompt', async () => {
    fixture = await openGatewayFixture({ captureContent: true, hookTrace: 'prompt' });
    await post(
      hook('PreToolUse', { tool_name: 'Bash', tool_use_id: 't1', tool_input: { password: 'hunter2' } }),
    );
    await arrived(fixture, 1);
    expect((await fixture.events())[0]).toMatchObject({
      traceId: 'p1',
      data: { 'gen_ai.tool.call.arguments': '{"password":"[redacted]"}' },
    });
  });

  it('takes packed hooks, whatever type they say they have', async () => {
    fixture = await openGatewayFixture();
    const body = gzipSync(JSON.stringify(hook('Stop')));
    expect(await post(body, { ...json, 'content-encoding': 'gzip' })).toMatchObject({ status: 200 });
    expect(await post(JSON.stringify(hook('Notification')), { 'content-type': 'text/plain' })).toMatchObject({
      status: 200,
    });
    await arrived(fixture, 4);
    expect((await fixture.events()).map(({ eventType }) => eventType)).toEqual([
      'pre_session',
      'post_session',
      'post_agent_loop',
      'notification',
    ]);
  });

  it('answers what it cannot use as what it can, counts it, and says so once, without a word of it', async () => {
    fixture = await openGatewayFixture({ maxBodyBytes: 4_096, maxInFlightBytes: 4_096 });
    for (const body of ['{"SECRET', '[]', '3', '', '{"session_id":"SECRET"}', new Uint8Array([0xff, 0xfe])])
      expect(await post(body)).toMatchObject({ status: 200, text: '{}' });
    expect(await post(hook('Stop', { last_assistant_message: 'x'.repeat(5_000) }))).toMatchObject({
      status: 200,
      text: '{}',
    });
    const metrics = await metricsOf(fixture);
    expect(metrics).toMatch(/kaizen_gateway_hooks_total\{outcome="not-understood"[^}]*\} 6/);
    expect(metrics).toMatch(/kaizen_gateway_hooks_total\{outcome="too-large"[^}]*\} 1/);
    expect(fixture.logLines.filter((line) => line.includes('not understood'))).toHaveLength(1);
    expect(fixture.logLines.join()).not.toContain('SECRET');
    expect(await fixture.events()).toEqual([]);
  });

  it('wants the key that events want, and POST', async () => {
    fixture = await openGatewayFixture({ apiKeys: ['k'] });
    expect((await post(hook('Stop'))).status).toBe(401);
    expect((await post(hook('Stop'), { ...json, authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post(hook('Stop'), { ...json, authorization: 'Bearer k' })).status).toBe(200);
    const get = { method: 'GET', path: '/v1/hooks/claude-code', headers: { authorization: 'Bearer k' } };
    expect((await send(fixture.gateway, get)).status).toBe(405);
  });

  it('answers at once while the log hangs, and what came meanwhile is in the log when it is back', async () => {
    let back: (() => void) | undefined;
    const away = new Promise<void>((resolve) => {
      back = resolve;
    });
    const inner = await openGatewayFixture();
    let attempts = 0;
    fixture = await openGatewayFixture({
      events: {
        async append(records) {
          attempts += 1;
          if (attempts === 1) return { type: 'unavailable', cause: new Error('away') };
          await away;
          return inner.log.events.append(records);
        },
      },
    });
    try {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const began = performance.now();
          const { status } = await post(hook('Notification', { notification_type: `n${index}` }));
          return { status, took: performance.now() - began };
        }),
      );
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(Math.min(...answers.map(({ took }) => took))).toBeLessThan(100);
      expect(await inner.events()).toEqual([]);
      back?.();
      // The session, twice, and the notifications.
      await arrived(inner, 22);
    } finally {
      await inner.close();
    }
  });

  it('appends what waits before it stops', async () => {
    const inner = await openGatewayFixture();
    fixture = await openGatewayFixture({
      events: {
        append: async (records) => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          return inner.log.events.append(records);
        },
      },
    });
    try {
      for (let index = 0; index < 5; index += 1) await post(hook('Notification'));
      await fixture.gateway.close();
      expect(await inner.events()).toHaveLength(7);
    } finally {
      await inner.close();
    }
  });
});

describe('the queue of hooks', () => {
  const record = (value: string): NewRecord => ({ key: Buffer.from('k'), value: Buffer.from(value) });
  const counts = () => {
    const seen = { appended: 0, dropped: 0, refused: 0, unavailable: 0 };
    return {
      seen,
      report: {
        appended: (records: number) => void (seen.appended += records),
        dropped: (records: number) => void (seen.dropped += records),
        refused: () => void (seen.refused += 1),
        unavailable: () => void (seen.unavailable += 1),
      },
    };
  };
  const text = (records: readonly NewRecord[]) => records.map(({ value }) => Buffer.from(value).toString());

  it('drops the oldest that are not under way where there is no more room, and every record is counted once', async () => {
    const { seen, report } = counts();
    const taken: string[] = [];
    let let1: (() => void) | undefined;
    const first = new Promise<void>((resolve) => (let1 = resolve));
    const queue = openHookQueue({
      events: {
        append: async (records): Promise<AppendOutcome> => {
          if (taken.length === 0) await first;
          taken.push(...text(records));
          return { type: 'appended' };
        },
      },
      maxBytes: 5 * 130,
      report,
    });
    for (let index = 0; index < 10; index += 1) queue.add([record(String(index))]);
    expect(queue.waiting()).toEqual({ records: 5, bytes: 5 * 130 });
    let1?.();
    await queue.close(5_000);
    expect(taken).toEqual(['0', '6', '7', '8', '9']);
    expect(seen).toEqual({ appended: 5, dropped: 5, refused: 0, unavailable: 0 });
  });

  it('passes over a record that the log refuses, and tries again where the log is away', async () => {
    const { seen, report } = counts();
    const taken: string[] = [];
    let calls = 0;
    const queue = openHookQueue({
      events: {
        append: (records): Promise<AppendOutcome> => {
          calls += 1;
          if (calls === 1) return Promise.reject(new Error('away'));
          const index = text(records).indexOf('bad');
          if (index >= 0) return Promise.resolve({ type: 'refused', index, reason: 'too large' });
          taken.push(...text(records));
          return Promise.resolve({ type: 'appended' });
        },
      },
      maxBytes: 10_000,
      report,
    });
    queue.add(['a', 'bad', 'b'].map(record));
    await queue.close(5_000);
    expect(taken).toEqual(['a', 'b']);
    expect(seen).toEqual({ appended: 2, dropped: 0, refused: 1, unavailable: 1 });
  });

  it('gives up at its deadline, and counts what is lost', async () => {
    const { seen, report } = counts();
    const queue = openHookQueue({
      events: { append: () => new Promise<AppendOutcome>(() => undefined) },
      maxBytes: 10_000,
      report,
    });
    queue.add(['a', 'b'].map(record));
    await queue.close(50);
    queue.add([record('c')]);
    await queue.close(50);
    expect(seen).toEqual({ appended: 0, dropped: 3, refused: 0, unavailable: 0 });
    expect(queue.waiting()).toEqual({ records: 0, bytes: 0 });
  });
});
