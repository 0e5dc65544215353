import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningTraceStore } from '../open-trace-store.js';
import { connectOtlp } from '../testing/otlp-client.js';
import { runningStore } from '../testing/running-store.js';
import { request, span, traceOf } from '../testing/small-traces.js';

/** Of some kilobytes each: more than what the system keeps of a connection. */
const spans = 5_000;
const stuckMs = 1_000;

describe('clients that take nothing of a large answer', () => {
  let store: RunningTraceStore;

  beforeAll(async () => {
    store = await runningStore({ maxAnswerBytes: 1024 * 1024, stuckMs });
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    const attributes = [['text', 'x'.repeat(4_000)]] as const;
    for (let from = 0; from < spans; from += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, index) =>
        span(traceOf(1), from + index + 1, { attributes }),
      );
      await client.send(request('large', some));
    }
    client.close();
  }, 60_000);
  afterAll(() => store.close());

  const stuckClient = async (): Promise<Socket> => {
    const socket = createConnection(store.queryPort, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`GET /api/traces/${traceOf(1)} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await once(socket, 'readable');
    return socket;
  };

  it('are cut, and hold others up no longer than that: what all hold together has a bound', async () => {
    const stuck = await stuckClient();
    const began = performance.now();
    const answer = await fetch(`${store.queryUrl}/api/traces/${traceOf(1)}`);
    const { data } = (await answer.json()) as { readonly data: readonly { readonly spans: unknown[] }[] };
    expect(data[0]!.spans).toHaveLength(spans);
    expect(performance.now() - began).toBeGreaterThan(stuckMs / 2);
    stuck.resume();
    await once(stuck, 'close');
    expect((await fetch(`${store.queryUrl}/api/traces?service=large`)).status).toBe(200);
  }, 60_000);

  it('give their room back when they go away', async () => {
    (await stuckClient()).resetAndDestroy();
    const began = performance.now();
    expect((await (await fetch(`${store.queryUrl}/api/traces/${traceOf(1)}`)).text()).length).toBeGreaterThan(
      1e7,
    );
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 60_000);
});
