import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { bracketed, isLoopback } from '@kaizen-trace/settings';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { namesLoopback } from './caller.js';
import { logDenials } from './denials.js';
import { watchConnections } from './end-connections.js';
import { answerNoRequests } from './no-request.js';
import type { Logger } from './logger.js';
import { nestLogger } from './nest-logger.js';
import { describeListenError, type ListenAddress } from './start-error.js';

/** What Fastify is told besides what this kit decides. */
export type FastifyOptions = NonNullable<ConstructorParameters<typeof FastifyAdapter>[0]>;

/** Looks at a request before anything else does: answers it, or lets it go on by `done`. */
export type Guard = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/** What is served, and where. */
export interface HttpOptions extends ListenAddress {
  readonly module: DynamicModule | Type;
  readonly logger: Logger;
  readonly fastify?: FastifyOptions;
  /** Who may come in. Unless told: everyone, or on loopback everyone who asks for this machine by a name of loopback. */
  readonly guard?: Guard;
  /** Hooks and parsers that have to be there before the first request. */
  readonly configure?: (app: NestFastifyApplication) => void;
  /** How long open requests may take to end on close, in milliseconds (default 10,000); then they are cut. */
  readonly closeTimeoutMs?: number;
}

/** A server that listens. */
export interface HttpServer {
  /** Without a slash at its end, with the port that was really taken. */
  readonly url: string;
  readonly port: number;
  readonly app: NestFastifyApplication;
  /** Takes no new requests, lets the open ones end, then closes; bounded in time. Idempotent. */
  close(): Promise<void>;
}

/** How long a client may take to send a request, where nothing else is said. */
const defaultRequestTimeoutMs = 60_000;

/** A plain object, which is what Nest takes, although it declares these options as a class. */
const nestOptions = (
  logger: Logger,
): Pick<NestApplicationOptions, 'logger' | 'bodyParser' | 'abortOnError'> => ({
  logger: nestLogger(logger),
  bodyParser: false,
  abortOnError: false,
});

const shownHost = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? 'localhost' : bracketed(host);

/** What answers carry unless they say otherwise: nothing of them may be embedded, guessed at, kept or told to others. */
const strictHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** Probes may name whatever they like; these two say nothing but whether the service lives and is ready. */
const probes = new Set(['/healthz', '/readyz']);

const onLoopback: Guard = (request, reply, done) => {
  if (probes.has(request.routeOptions.url ?? '') || namesLoopback(request.headers)) done();
  else void reply.code(403).send({ status: 403, message: 'only requests to localhost are served here' });
};

const guardOf = ({ guard, host }: HttpOptions): Guard => {
  const own = guard ?? (isLoopback(host) ? onLoopback : undefined);
  return (request, reply, done) => {
    void reply.headers(strictHeaders);
    if (own === undefined) done();
    else own(request, reply, done);
  };
};

/** An address that the router cannot read meets no hook of its own: the guard looks at it too, and it is not repeated. */
const unreadable =
  (guard: Guard) =>
  ({ statusCode: status = 400 }: { statusCode?: number }, request: unknown, answer: unknown): void => {
    // The framework types them for any kind of server.
    const reply = answer as FastifyReply;
    guard(request as FastifyRequest, reply, () => {
      void reply.code(status).send({ status, message: 'this is no address that can be read' });
    });
  };

/** `*`, which may stand for a path, has no place in a router. */
const asPath = ({ url = '/' }: { readonly url?: string | undefined }): string => (url === '*' ? '/*' : url);

/** What is read of a body, whoever wants it reads itself, within its own limits. */
const leaveBodies = (app: NestFastifyApplication): void => {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
};

const closeWithin = async (app: NestFastifyApplication, milliseconds: number): Promise<void> => {
  const server = app.getHttpServer();
  const cut = setTimeout(() => server.closeAllConnections(), milliseconds);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
};

const portOf = (app: NestFastifyApplication): number => {
  const address = app.getHttpServer().address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/**
 * Starts a Nest application on Fastify. Bodies are not parsed but where a parser is configured.
 *
 * @throws PortInUseError, StartError where it cannot listen, naming the variable that changes the port.
 */
export const startHttp = async (options: HttpOptions): Promise<HttpServer> => {
  const { module, host, port, logger, configure, closeTimeoutMs = 10_000 } = options;
  const guard = guardOf(options);
  const adapter = new FastifyAdapter({
    forceCloseConnections: 'idle',
    requestTimeout: defaultRequestTimeoutMs,
    rewriteUrl: asPath,
    frameworkErrors: unreadable(guard),
    ...options.fastify,
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, nestOptions(logger));
  app.getHttpAdapter().getInstance().addHook('onRequest', guard);
  const endDenials = logDenials(app.getHttpServer(), logger);
  answerNoRequests(app.getHttpServer());
  leaveBodies(app);
  const endConnections = watchConnections(app.getHttpServer());
  // Once all that the application itself has to end is ended, since that may be asked for until then.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', (done) => {
      endConnections();
      done();
    });
  configure?.(app);
  try {
    // Not by Nest's own `listen`, which would log the error beside the one that is thrown here.
    await app.init();
    await app.getHttpAdapter().getInstance().listen({ port, host });
  } catch (error) {
    await app.close();
    endDenials();
    throw describeListenError(error, options);
  }
  const actualPort = portOf(app);
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shownHost(host)}:${actualPort}`,
    port: actualPort,
    app,
    close: () => (closing ??= closeWithin(app, closeTimeoutMs).finally(endDenials)),
  };
};
