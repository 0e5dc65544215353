import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { bracketed } from '@kaizen-trace/settings';
import type { Logger } from './logger.js';
import { nestLogger } from './nest-logger.js';
import { describeListenError, type ListenAddress } from './start-error.js';

/** What Fastify is told besides what this kit decides. */
export type FastifyOptions = NonNullable<ConstructorParameters<typeof FastifyAdapter>[0]>;

/** What is served, and where. */
export interface HttpOptions extends ListenAddress {
  readonly module: DynamicModule | Type;
  readonly logger: Logger;
  readonly fastify?: FastifyOptions;
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
  const adapter = new FastifyAdapter({ forceCloseConnections: 'idle', ...options.fastify });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, nestOptions(logger));
  configure?.(app);
  try {
    // Not by Nest's own `listen`, which would log the error beside the one that is thrown here.
    await app.init();
    await app.getHttpAdapter().getInstance().listen({ port, host });
  } catch (error) {
    await app.close();
    throw describeListenError(error, options);
  }
  const actualPort = portOf(app);
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shownHost(host)}:${actualPort}`,
    port: actualPort,
    app,
    close: () => (closing ??= closeWithin(app, closeTimeoutMs)),
  };
};
