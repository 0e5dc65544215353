import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  acceptSpans,
  describeReal,
  freePorts,
  realJaeger,
  type RealJaeger,
  selfSigned,
  startOtlpBackend,
} from '@kaizen-trace/testkit';
import { examine } from '../testing/examine.js';

const otlpAt = async (port: number | string, env: Record<string, string> = {}): Promise<string> => {
  const examined = await examine({ JAEGER_HOST: '127.0.0.1', JAEGER_PORT: String(port), ...env });
  return examined.lines('otlp');
};

await describeReal('doctor on whatever listens at JAEGER_PORT', ['jaeger'], () => {
  let jaeger: RealJaeger;
  let ports: { readonly otlpHttp: number; readonly thriftHttp: number; readonly zipkin: number };
  let web: Server;

  beforeAll(async () => {
    const [otlpHttp = 0, thriftHttp = 0, zipkin = 0] = await freePorts(3);
    ports = { otlpHttp, thriftHttp, zipkin };
    jaeger = await realJaeger({ otherReceivers: ports });
    web = createServer((_request, response) => void response.writeHead(404).end('no such page'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  }, 60_000);

  afterAll(async () => {
    web.close();
    await jaeger.stop();
  });

  it('is content with OTLP over gRPC', async () => {
    expect(await otlpAt(jaeger.otlpEndpoint.split(':')[1]!)).toMatch(/^ok: .*takes OTLP over gRPC/);
  });

  it('knows each of Jaeger’s other ports, whatever their numbers', async () => {
    expect(await otlpAt(new URL(jaeger.queryUrl).port)).toMatch(
      /^failed: .*Jaeger's query API and pages.*use 4317/,
    );
    expect(await otlpAt(ports.otlpHttp)).toMatch(/^failed: .*takes OTLP over HTTP.*use 4317/);
    expect(await otlpAt(ports.thriftHttp)).toMatch(/^failed: .*old HTTP collector.*use 4317/);
    expect(await otlpAt(ports.zipkin)).toMatch(/^failed: .*Zipkin.*use 4317/);
  }, 60_000);

  it('left nothing behind there', async () => {
    const answer = await fetch(`${jaeger.queryUrl}/api/services`);
    expect(await answer.json()).toMatchObject({ data: null });
  });

  it('knows a web server that has nothing to do with it', async () => {
    expect(await otlpAt((web.address() as AddressInfo).port)).toMatch(
      /^failed: .*some HTTP server.*use 4317/,
    );
  });

  it('says that nothing listens, and that a host is unknown', async () => {
    expect(await otlpAt(1)).toMatch(/^failed: nothing listens on 127.0.0.1:1/);
    expect(await otlpAt(4317, { JAEGER_HOST: 'no-such-host.invalid' })).toMatch(
      /^failed: the host of .*cannot be found/,
    );
  }, 30_000);

  it('tells plaintext spoken to TLS, and TLS spoken to plaintext', async () => {
    const { certificate, key } = selfSigned('doctor');
    const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
    const tls = await startOtlpBackend(acceptSpans, 0, ServerCredentials.createSsl(null, [pair]));
    const plain = await startOtlpBackend(acceptSpans);
    try {
      expect(await otlpAt(tls.port)).toMatch(
        /^failed: .*speaks TLS, and was spoken to in plaintext.*JAEGER_INSECURE=false/,
      );
      expect(await otlpAt(plain.port, { JAEGER_INSECURE: 'false' })).toMatch(
        /^failed: .*speaks plaintext gRPC, and was spoken to in TLS.*JAEGER_INSECURE=true/,
      );
      const trusting = { JAEGER_INSECURE: 'false', JAEGER_HOST: 'localhost' };
      expect(await otlpAt(tls.port, trusting)).toMatch(/^failed: .*certificate.*not trusted/);
    } finally {
      tls.stop();
      plain.stop();
    }
  }, 60_000);
});
