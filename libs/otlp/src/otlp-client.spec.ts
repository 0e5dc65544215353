import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServerCredentials, status } from '@grpc/grpc-js';
import {
  acceptSpans,
  failWith,
  retryInfo,
  selfSigned,
  startOtlpBackend,
  type OtlpAnswer,
} from '@kaizen-trace/testkit';
import { createOtlpClient, describeOtlpFailure, encodeSpans } from './index.js';
import type { ExportOutcome, OtlpClient, OtlpClientOptions } from './index.js';
import { simple } from './testing/span-arbitraries.js';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

const clientOf = (endpoint: string, options: Partial<OtlpClientOptions> = {}): OtlpClient => {
  const client = createOtlpClient({ endpoint, insecure: true, ...options });
  cleanUp.push(() => client.close());
  return client;
};

const backend = async (answer: OtlpAnswer, port?: number) => {
  const started = await startOtlpBackend(answer, port);
  cleanUp.push(() => started.stop());
  return started;
};

const request = encodeSpans([simple]);

const answered = async (answer: OtlpAnswer): Promise<ExportOutcome> =>
  clientOf((await backend(answer)).endpoint).export(request);

describe('an OTLP export', () => {
  it.each(['none', 'gzip'] as const)(
    'delivers the bytes as they are (compression %s)',
    async (compression) => {
      const { endpoint, requests } = await backend(acceptSpans);
      expect(await clientOf(endpoint, { compression }).export(request)).toEqual({ type: 'accepted' });
      expect(requests.map((bytes) => Buffer.compare(bytes, request))).toEqual([0]);
    },
  );

  it('delivers messages of any size', async () => {
    const { endpoint, requests } = await backend(acceptSpans);
    const large = new Uint8Array(9_000_000).fill(7);
    expect(await clientOf(endpoint).export(large)).toEqual({ type: 'accepted' });
    expect(requests[0]?.length).toBe(9_000_000);
  });

  it('sends its headers with every request', async () => {
    const seen: unknown[] = [];
    const { endpoint } = await backend((call, answer) => {
      seen.push(call.metadata.get('x-api-key'));
      acceptSpans(call, answer);
    });
    const client = clientOf(endpoint, { headers: { 'x-api-key': 'k-1' } });
    await client.export(request);
    await client.export(request);
    expect(seen).toEqual([['k-1'], ['k-1']]);
  });

  it('refuses a header that cannot be sent, without repeating its value', () => {
    const broken = () => clientOf('127.0.0.1:1', { headers: { 'api key': 'secret-value' } });
    expect(broken).toThrow(/"api key"/);
    expect(broken).not.toThrow(/secret-value/);
  });

  it('tells a partial success from a warning', async () => {
    // ExportTraceServiceResponse { partial_success { rejected_spans: 3, error_message: "no" } }
    const partial = Buffer.from([0x0a, 6, 0x08, 3, 0x12, 2, 0x6e, 0x6f]);
    const warning = Buffer.from([0x0a, 4, 0x12, 2, 0x6e, 0x6f]);
    expect(await answered((_call, answer) => answer(null, partial))).toEqual({
      type: 'partial',
      rejectedSpans: 3,
      message: 'no',
    });
    expect(await answered((_call, answer) => answer(null, warning))).toEqual({
      type: 'accepted',
      warning: 'no',
    });
    expect(await answered((_call, answer) => answer(null, Buffer.from([0x0a, 9])))).toMatchObject({
      type: 'accepted',
    });
  });

  const retryable = ['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS'];
  it.each(Object.keys(status).filter((name) => Number.isNaN(Number(name)) && name !== 'OK'))(
    'sorts %s as the OTLP specification does',
    async (name) => {
      const outcome = await answered(failWith(status[name as keyof typeof status]));
      expect(outcome).toMatchObject(
        retryable.includes(name)
          ? { type: 'retryable', cause: { code: name } }
          : { type: 'refused', code: name, cause: { message: `${name}: as told` } },
      );
    },
  );

  it('retries RESOURCE_EXHAUSTED only with RetryInfo, after the time that it names', async () => {
    const exhausted = (details: Buffer) => answered(failWith(status.RESOURCE_EXHAUSTED, { details }));
    expect(await exhausted(retryInfo(2, 500_000_001))).toMatchObject({
      type: 'retryable',
      retryAfterMs: 2501,
    });
    expect(await exhausted(Buffer.from([0x08, 8]))).toMatchObject({ type: 'refused' });
    expect(await exhausted(Buffer.from([0xff]))).toMatchObject({ type: 'refused' });
  });

  it('ends as retryable when the backend does not answer in time', async () => {
    const { endpoint } = await backend(() => undefined);
    const outcome = await clientOf(endpoint, { timeoutMs: 150 }).export(request);
    expect(outcome).toMatchObject({ type: 'retryable', cause: { code: 'DEADLINE_EXCEEDED' } });
    expect(describeOtlpFailure(outcome, endpoint)).toContain('did not answer in time');
  });

  it('ends as retryable when it is called off, before or during the call', async () => {
    const { endpoint } = await backend(() => undefined);
    const client = clientOf(endpoint);
    const cancelled = { type: 'retryable', cause: { code: 'CANCELLED' } };
    expect(await client.export(request, AbortSignal.abort())).toMatchObject(cancelled);
    expect(await client.export(request, AbortSignal.timeout(100))).toMatchObject(cancelled);
    client.close();
    expect(await client.export(request)).toMatchObject(cancelled);
  });

  it('recovers on the same client when the backend comes back', async () => {
    const first = await backend(acceptSpans);
    const client = clientOf(first.endpoint);
    expect(await client.export(request)).toEqual({ type: 'accepted' });
    first.stop();
    const away = await client.export(request);
    expect(away).toMatchObject({ type: 'retryable', cause: { code: 'UNAVAILABLE' } });
    await backend(acceptSpans, first.port);
    for (let attempt = 0; attempt < 60; attempt++) {
      if ((await client.export(request)).type === 'accepted') return;
      await sleep(100);
    }
    throw new Error('six seconds after its return the backend was still not used');
  });
});

describe('an OTLP export over TLS', () => {
  const server = selfSigned('backend');
  const client = selfSigned('exporter');

  const tlsBackend = async () => {
    const pair = { private_key: Buffer.from(server.key), cert_chain: Buffer.from(server.certificate) };
    // The backend asks for a certificate and trusts only the exporter's.
    const credentials = ServerCredentials.createSsl(Buffer.from(client.certificate), [pair], true);
    const started = await startOtlpBackend(acceptSpans, 0, credentials);
    cleanUp.push(() => started.stop());
    return started;
  };
  const shown = { clientCert: client.certificate, clientKey: client.key };
  const endpointOf = (port: number): string => `localhost:${port}`;

  it('trusts the authority it is given, and shows its own certificate', async () => {
    const { port } = await tlsBackend();
    const tls = { insecure: false, ca: server.certificate, ...shown };
    expect(await clientOf(endpointOf(port), tls).export(request)).toEqual({ type: 'accepted' });
  });

  it('sends nothing to a backend whose certificate it does not trust', async () => {
    const { port, requests } = await tlsBackend();
    const tls = { insecure: false, ca: selfSigned('another').certificate, ...shown };
    const outcome = await clientOf(endpointOf(port), tls).export(request);
    expect(outcome).toMatchObject({ type: 'retryable' });
    expect(requests).toEqual([]);
    expect(describeOtlpFailure(outcome, 'b:1')).toContain('see OTEL_EXPORTER_OTLP_CERTIFICATE');
  });

  it('says that TLS is wanted, where it speaks plaintext', async () => {
    const { port } = await tlsBackend();
    const outcome = await clientOf(endpointOf(port)).export(request);
    expect(describeOtlpFailure(outcome, 'b:1')).toContain('JAEGER_INSECURE=false');
  });

  it('is turned away without the certificate that the backend asks for', async () => {
    const { port, requests } = await tlsBackend();
    const tls = { insecure: false, ca: server.certificate };
    const outcome = await clientOf(endpointOf(port), tls).export(request);
    expect(outcome).toMatchObject({ type: 'retryable' });
    expect(requests).toEqual([]);
    expect(describeOtlpFailure(outcome, 'b:1')).toContain('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE');
  });
});

describe('a failure in words', () => {
  it('says that a port speaks HTTP, and which one to use', async () => {
    const server = createServer((_request, response) => response.end('a page')).listen(0, '127.0.0.1');
    cleanUp.push(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const text = describeOtlpFailure(await clientOf(endpoint).export(request), endpoint);
    expect(text).toContain('speaks HTTP, not OTLP gRPC: use 4317');
  });

  it('says that nothing listens', async () => {
    const gone = await backend(acceptSpans);
    gone.stop();
    const text = describeOtlpFailure(await clientOf(gone.endpoint).export(request), gone.endpoint);
    expect(text).toContain(`nothing listens on ${gone.endpoint}`);
  });

  it('says that a backend speaks no TLS', async () => {
    const { endpoint } = await backend(acceptSpans);
    const outcome = await clientOf(endpoint, { insecure: false }).export(request);
    expect(describeOtlpFailure(outcome, endpoint)).toContain('JAEGER_INSECURE=true');
  });

  it('says that a host is not to be found', async () => {
    const endpoint = 'no-such-host.invalid:4317';
    const text = describeOtlpFailure(await clientOf(endpoint).export(request), endpoint);
    expect(text).toContain(`the host of ${endpoint} cannot be found`);
  });

  it.each([
    ['UNIMPLEMENTED', 'takes no OTLP traces: use 4317'],
    ['UNAUTHENTICATED', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['INVALID_ARGUMENT', 'did not take the spans: INVALID_ARGUMENT: as told'],
  ] as const)('has a remedy for %s', async (code, remedy) => {
    expect(describeOtlpFailure(await answered(failWith(status[code])), 'host:4317')).toContain(remedy);
  });

  it('is silent about success', () => {
    expect(describeOtlpFailure({ type: 'accepted' }, 'host:4317')).toBeUndefined();
  });
});
