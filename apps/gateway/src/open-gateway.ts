import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttp, StartError, type HttpOptions } from '@kaizen-trace/service-kit';
import { isLoopback } from '@kaizen-trace/settings';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from './answer.js';
import { openDoorkeeper, type Admission } from './api-keys.js';
import { drain } from './drain.js';
import { GatewayModule, type GatewayModuleOptions } from './gateway-module.js';

export interface GatewayOptions extends GatewayModuleOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** None: open to this machine, and to no other. */
  readonly apiKeys: readonly string[];
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

/** What only takes something in. */
const intakePaths = new Set(['/v1/events', '/v1/hooks/claude-code']);

const refusal = (admission: Exclude<Admission, { type: 'admitted' }>) => {
  switch (admission.type) {
    case 'unauthenticated':
      return problem(401, 'unauthorized', { 'www-authenticate': 'Bearer' });
    case 'foreign-host':
      return problem(403, 'without API keys only requests to localhost are served; set KAIZEN_API_KEYS');
  }
};

/** Keys and methods are looked at before anything of the body is read. */
const guard = (apiKeys: readonly string[]) => {
  const doorkeeper = openDoorkeeper(apiKeys);
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const [path = ''] = request.url.split('?', 1);
    const admission = doorkeeper.admit(path, request.headers);
    const answer =
      admission.type === 'admitted'
        ? intakePaths.has(path) && request.method !== 'POST'
          ? problem(405, `send events with POST`, { allow: 'POST' })
          : undefined
        : refusal(admission);
    if (answer === undefined) {
      done();
      return;
    }
    void reply.code(answer.status).headers(answer.headers).send(answer.body);
    drain(request.raw);
  };
};

/** The type without its parameters; where it is none, one that the framework can read and nobody takes. */
const readableType = (header: string): string => {
  const type = header.split(';', 1)[0]?.trim() ?? '';
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream';
};

const configure = (app: App, apiKeys: readonly string[]): void => {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', guard(apiKeys));
  // The framework must not judge the type: its parameters mean nothing here, and the controller's refusal names the remedy.
  fastify.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type'];
    if (type !== undefined) request.headers['content-type'] = readableType(type);
    done();
  });
  // Bodies stay streams: the controller reads them itself, within its own limits.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  // The controller says "100 Continue" itself, once it has decided to read the body.
  const server = app.getHttpServer();
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
};

/**
 * Starts the gateway on `host` and `port`.
 *
 * @throws StartError without API keys on anything but loopback; PortInUseError, naming KAIZEN_GATEWAY_PORT.
 */
export const openGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { host, port, apiKeys, requestTimeoutMs, logger } = options;
  if (apiKeys.length === 0 && !isLoopback(host))
    throw new StartError(`without KAIZEN_API_KEYS the gateway listens on loopback only, not on ${host}`);
  const server = await startHttp({
    module: GatewayModule.forRoot(options),
    host,
    port,
    variable: 'KAIZEN_GATEWAY_PORT',
    logger,
    configure: (app) => configure(app, apiKeys),
    fastify: {
      requestTimeout: requestTimeoutMs,
      http: { headersTimeout: Math.min(requestTimeoutMs, 20_000), connectionsCheckingInterval: 1_000 },
    },
  });
  return { url: server.url, port: server.port, close: () => server.close() };
};
