import { afterEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { createOtlpClient, encodeSpans, splitTraceRequest } from '@kaizen-trace/otlp';
import {
  acceptSpans,
  failWith,
  retryInfo,
  startOtlpBackend,
  type OtlpAnswer,
  type OtlpBackend,
} from '@kaizen-trace/testkit';
import { createMetrics } from '@kaizen-trace/service-kit';
import { watchBackend, type Backend } from './backend.js';
import { deliver, type Delivery } from './deliver.js';
import { createExporterMetrics } from './exporter-metrics.js';
import { recordingLogger, spanOf } from './testing/spans.js';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

interface Rig extends OtlpBackend {
  readonly watched: Backend;
  readonly lines: string[];
  readonly samples: () => Promise<string>;
  readonly send: (request: Uint8Array, stop?: AbortSignal) => Promise<Delivery>;
}

const rig = async (answer: OtlpAnswer, maxConcurrent = 8): Promise<Rig> => {
  const server = await startOtlpBackend(answer);
  const { endpoint } = server;
  const client = createOtlpClient({ endpoint, insecure: true });
  const registry = createMetrics({ service: 'span-exporter', process: false });
  const metrics = createExporterMetrics(registry);
  const { logger, lines } = recordingLogger();
  const watched = watchBackend({ client, endpoint, metrics, logger, maxConcurrent });
  cleanUp.push(
    () => server.stop(),
    () => client.close(),
  );
  const never = new AbortController().signal;
  return {
    ...server,
    watched,
    lines,
    samples: () => registry.metrics(),
    send: (request, stop = never) =>
      deliver(request, {
        backend: watched,
        metrics,
        backoff: { firstMs: 5, maxMs: 20 },
        stop,
        cancel: stop,
      }),
  };
};

/** Gives each answer in turn, the last one for ever. */
const inTurn = (...answers: readonly OtlpAnswer[]): OtlpAnswer => {
  let turn = 0;
  return (call, answer) => answers[Math.min(turn++, answers.length - 1)]!(call, answer);
};

const request = encodeSpans([spanOf('s', 'one'), spanOf('s', 'two')]);
const settled = { type: 'settled', refused: [] };

describe('the delivery of a request', () => {
  it('goes on through every failure of the moment until the backend has it, the bytes unchanged', async () => {
    const away = failWith(status.UNAVAILABLE);
    const { send, requests, samples } = await rig(
      inTurn(away, failWith(status.ABORTED), away, away, away, acceptSpans),
    );
    expect(await send(request)).toEqual(settled);
    expect(requests.map((each) => Buffer.compare(each, request))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await samples()).toContain(
      'kaizen_exporter_retries_total{code="UNAVAILABLE",service="span-exporter"} 4',
    );
  });

  it('stays away as long as the backend asks', async () => {
    const details = retryInfo(0, 400_000_000);
    const { send } = await rig(inTurn(failWith(status.RESOURCE_EXHAUSTED, { details }), acceptSpans));
    const startedAt = performance.now();
    expect(await send(request)).toEqual(settled);
    expect(performance.now() - startedAt).toBeGreaterThan(390);
  });

  it.each(['UNAUTHENTICATED', 'PERMISSION_DENIED', 'UNIMPLEMENTED'] as const)(
    'keeps the spans on %s, a mistake in the settings, and says so loudly but not each time',
    async (code) => {
      const wrong = failWith(status[code]);
      const { send, lines, watched } = await rig(inTurn(wrong, wrong, wrong, acceptSpans));
      expect(await send(request)).toEqual(settled);
      const errors = lines.filter((line) => line.includes('"level":"error"'));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain('no spans leave until this is fixed');
      expect(lines.at(-1)).toContain('takes spans again');
      expect(await watched.check()).toEqual({ type: 'ready' });
    },
  );

  it('ends where the backend refuses the spans for good, with the original bytes and the reason', async () => {
    const { send, requests } = await rig(failWith(status.INVALID_ARGUMENT, { message: 'no name' }));
    expect(await send(request)).toEqual({
      type: 'settled',
      refused: [{ request, errorClass: 'INVALID_ARGUMENT', message: 'INVALID_ARGUMENT: no name' }],
    });
    expect(requests).toHaveLength(1);
  });

  it('ends where the backend took only some spans, and does not send them twice', async () => {
    const partial = Buffer.from([0x0a, 6, 0x08, 1, 0x12, 2, 0x6e, 0x6f]);
    const { send, requests } = await rig((_call, answer) => answer(null, partial));
    expect(await send(request)).toEqual({
      type: 'settled',
      refused: [{ request, errorClass: 'PARTIAL_SUCCESS', message: 'no', rejectedSpans: 1 }],
    });
    expect(requests).toHaveLength(1);
  });

  it('splits what is too large for the backend: each span arrives once, in order', async () => {
    const limit = 600;
    const taken: Uint8Array[] = [];
    const tooLarge = failWith(status.RESOURCE_EXHAUSTED, {
      message: 'grpc: received message larger than max (5000 vs. 600)',
    });
    const { send } = await rig((call, answer) => {
      if (call.request.length > limit) {
        tooLarge(call, answer);
        return;
      }
      taken.push(call.request);
      acceptSpans(call, answer);
    });
    const spans = Array.from({ length: 23 }, (_, i) => spanOf(i < 9 ? 'a' : 'b', `span ${i}`));
    const huge = { ...spanOf('b', 'huge'), attributes: [['text', 'x'.repeat(900)] as const] };
    const delivery = await send(encodeSpans([...spans, huge]));
    expect(delivery).toMatchObject({ type: 'settled', refused: [{ errorClass: 'RESOURCE_EXHAUSTED' }] });
    expect(taken.flatMap(namesOf)).toEqual(spans.map(({ name }) => name));
    const refused = delivery.type === 'settled' ? delivery.refused : [];
    expect(refused.flatMap((each) => namesOf(each.request))).toEqual(['huge']);
  });

  it('is given up at once when it is called back, while it waits and while the backend is silent', async () => {
    const away = await rig(failWith(status.UNAVAILABLE));
    expect(await away.send(request, AbortSignal.timeout(60))).toEqual({ type: 'given-up' });
    expect(await away.watched.check()).toMatchObject({ type: 'not-ready' });
    const silent = await rig(() => undefined);
    expect(await silent.send(request, AbortSignal.timeout(60))).toEqual({ type: 'given-up' });
  });

  it('never has more exports under way than it may', async () => {
    let now = 0;
    let most = 0;
    const { send } = await rig((_call, answer) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        answer(null, Buffer.alloc(0));
      }, 5);
    }, 3);
    await Promise.all(Array.from({ length: 20 }, () => send(request)));
    expect(most).toBe(3);
  });
});

const namesOf = (bytes: Uint8Array): readonly string[] => {
  const outcome = splitTraceRequest(bytes);
  if (outcome.type === 'malformed') throw new Error(outcome.reason);
  return outcome.groups.flatMap(({ spans }) => spans.map(({ name }) => name));
};
