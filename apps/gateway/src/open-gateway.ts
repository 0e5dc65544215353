import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttp, StartError, type HttpOptions } from '@kaizen-trace/service-kit';
import { isLoopback } from '@kaizen-trace/settings';
import { openGuard } from './admission/guard.js';
import { openKeyRing } from './admission/key-ring.js';
import { GatewayModule, type GatewayModuleOptions } from './gateway-module.js';

export interface GatewayOptions extends GatewayModuleOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** None, and no file of them: open to this machine, and to no other. */
  readonly apiKeys: readonly string[];
  /** A file of hashes of keys, with what each is for; read again whenever it changes. */
  readonly apiKeysFile?: string | undefined;
  /** How long a client may take to send a request, in milliseconds. */
  readonly requestTimeoutMs: number;
}

export interface Gateway {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Lets open requests end, for at most ten seconds, then closes. The log stays open. Idempotent. */
  close(): Promise<void>;
}

type App = Parameters<NonNullable<HttpOptions['configure']>>[0];

/** The type without its parameters; where it is none, one that the framework can read and nobody takes. */
const readableType = (header: string): string => {
  const type = header.split(';', 1)[0]?.trim() ?? '';
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream';
};

const configure = (app: App): void => {
  const fastify = app.getHttpAdapter().getInstance();
  // The framework must not judge the type: its parameters mean nothing here, and the controller's refusal names the remedy.
  fastify.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type'];
    if (type !== undefined) request.headers['content-type'] = readableType(type);
    done();
  });
  // The controller says "100 Continue" itself, once it has decided to read the body.
  const server = app.getHttpServer();
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
};

/**
 * Starts the gateway on `host` and `port`.
 *
 * @throws StartError without API keys on anything but loopback, or where the file of keys is broken; PortInUseError, naming KAIZEN_GATEWAY_PORT.
 */
export const openGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { host, port, apiKeys, apiKeysFile, requestTimeoutMs, logger } = options;
  const ring = openKeyRing({ plain: apiKeys, file: apiKeysFile, logger });
  if (ring.current() === undefined && !isLoopback(host))
    throw new StartError(`without KAIZEN_API_KEYS the gateway listens on loopback only, not on ${host}`);
  const start = startHttp({
    module: GatewayModule.forRoot(options),
    host,
    port,
    variable: 'KAIZEN_GATEWAY_PORT',
    logger,
    guard: openGuard(ring, options.maxBodyBytes),
    configure,
    fastify: {
      requestTimeout: requestTimeoutMs,
      http: { headersTimeout: Math.min(requestTimeoutMs, 20_000), connectionsCheckingInterval: 1_000 },
    },
  });
  const server = await start.catch((error: unknown) => {
    ring.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    ring.close();
    await server.close();
  };
  return { url: server.url, port: server.port, close };
};
