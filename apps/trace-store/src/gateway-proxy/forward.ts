import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** How much a gateway is asked at once, and how long it may take. */
export interface ForwardLimits {
  /** Requests under way at a time, streams of events among them. */
  readonly maxRequests: number;
  /** Bytes of a request's body. */
  readonly maxBodyBytes: number;
  /** Until the gateway has begun to answer, in milliseconds; bringing back many dead letters takes its time. */
  readonly answerMs: number;
  /** Longest silence of an answer that has begun; the gateway's streams beat every 15 seconds. */
  readonly silenceMs: number;
}

const usual: ForwardLimits = {
  maxRequests: 256,
  maxBodyBytes: 1024 * 1024,
  answerMs: 120_000,
  silenceMs: 60_000,
};

/** What the gateway needs to know of a request. */
const passedOn = ['accept', 'content-type', 'authorization', 'x-api-key', 'origin'] as const;

/** What the browser needs to know of an answer. */
const passedBack = [
  'content-type',
  'content-length',
  'cache-control',
  'retry-after',
  'www-authenticate',
  'x-accel-buffering',
  'x-content-type-options',
] as const;

/** Passes requests on to one gateway, bodies and answers as they come. */
export interface Forwarding {
  readonly url: string;
  /** Answers in any case: with what the gateway says, or with why there is nothing. */
  forward(request: FastifyRequest, reply: FastifyReply): void;
  /** Gives up what is under way. Idempotent. */
  close(): void;
}

/** A login's password is the key, as for the query API; the gateway itself knows no logins. */
const keyOfLogin = (authorization: string | undefined): Readonly<Record<string, string>> => {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return {};
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  return login.includes(':') ? { 'x-api-key': login.slice(login.indexOf(':') + 1) } : {};
};

const headersFor = ({ raw, headers }: FastifyRequest): Record<string, string> => {
  const chosen = passedOn.flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const before = headers['x-forwarded-for'];
  const from = [before ?? [], raw.socket.remoteAddress ?? 'unknown'].flat().join(', ');
  return {
    ...Object.fromEntries(chosen),
    ...keyOfLogin(headers.authorization),
    // Without keys the gateway serves this machine only: it has to know who really asks.
    'x-forwarded-for': from,
  };
};

const answer = (reply: FastifyReply, status: number, message: string): void => {
  if (!reply.sent) void reply.code(status).send({ status, message });
};

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);

class Passage {
  readonly #reply: FastifyReply;
  readonly #url: string;
  readonly #limits: ForwardLimits;
  #ended: string | undefined;

  constructor(reply: FastifyReply, url: string, limits: ForwardLimits) {
    this.#reply = reply;
    this.#url = url;
    this.#limits = limits;
  }

  begin(request: FastifyRequest, upstream: ClientRequest): void {
    const late = setTimeout(
      () => this.#giveUp(upstream, 504, 'did not answer in time'),
      this.#limits.answerMs,
    );
    upstream.once('close', () => clearTimeout(late));
    upstream.once('response', (response) => {
      clearTimeout(late);
      this.#passBack(upstream, response);
    });
    upstream.on('error', (error) => this.#giveUp(upstream, 502, `does not answer (${codeOf(error)})`));
    // Whoever asked has gone: the gateway need not go on.
    this.#reply.raw.once('close', () => upstream.destroy());
    let size = 0;
    request.raw.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > this.#limits.maxBodyBytes) this.#refuse(upstream, request);
      else if (!upstream.write(chunk)) {
        request.raw.pause();
        upstream.once('drain', () => request.raw.resume());
      }
    });
    request.raw.once('end', () => upstream.end());
    request.raw.resume();
  }

  #passBack(upstream: ClientRequest, response: IncomingMessage): void {
    if (this.#ended !== undefined || this.#reply.sent) {
      upstream.destroy();
      return;
    }
    this.#ended = 'answered';
    const headers = passedBack.flatMap((name) => {
      const value = response.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const { raw } = this.#reply;
    const socket: Socket = response.socket;
    socket.setTimeout(this.#limits.silenceMs, () => upstream.destroy());
    const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
    // A stream that has ended must not hold up the server's own end as an idle connection.
    const own = this.#reply.getHeaders();
    this.#reply.hijack();
    for (const [name, value] of Object.entries(own)) if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(response.statusCode ?? 502, {
      ...Object.fromEntries(headers),
      ...(isStream ? { connection: 'close' } : {}),
    });
    raw.flushHeaders();
    pipeline(response, raw, () => undefined);
  }

  #refuse(upstream: ClientRequest, request: FastifyRequest): void {
    request.raw.removeAllListeners('data');
    request.raw.resume();
    this.#ended ??= 'refused';
    upstream.destroy();
    // What is still on its way is of no use to anyone.
    void this.#reply.header('connection', 'close');
    answer(this.#reply, 413, `the body is over ${this.#limits.maxBodyBytes} bytes`);
  }

  #giveUp(upstream: ClientRequest, status: number, what: string): void {
    upstream.destroy();
    if (this.#ended !== undefined) return;
    this.#ended = what;
    const remedy = 'start it, or set KAIZEN_GATEWAY_URL to where it is';
    answer(this.#reply, status, `the gateway at ${this.#url} ${what}: ${remedy}`);
  }
}

/** The operating API's parts, none of which is Jaeger's. */
export const operatingParts = ['open-operations', 'pipeline', 'dead-letters', 'replays'] as const;

const isOperating = ({ pathname }: URL, base: URL): boolean =>
  operatingParts.some((part) => {
    const path = `${base.pathname}api/${part}`;
    return pathname === path || pathname.startsWith(`${path}/`);
  });

/** Passes requests on to the gateway at `url`, over connections that are kept. */
export const openForwarding = (url: string, limits: Partial<ForwardLimits> = {}): Forwarding => {
  const bounds = { ...usual, ...limits };
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const isTls = base.protocol === 'https:';
  const pool = { keepAlive: true, maxSockets: bounds.maxRequests, scheduling: 'lifo' } as const;
  const agent = isTls ? new TlsAgent(pool) : new Agent(pool);
  const underWay = new Set<ClientRequest>();
  return {
    url,
    forward(request, reply) {
      if (underWay.size >= bounds.maxRequests) {
        void reply.header('retry-after', '5');
        answer(reply, 503, 'too much is asked of the gateway at once; try again later');
        return;
      }
      const { method, headers } = request;
      const target = new URL(`.${request.url}`, base);
      // Dots that a router takes for a name may lead elsewhere: nothing but the operating API is passed on.
      if (!isOperating(target, base)) {
        answer(reply, 404, 'there is no such part of the operating API');
        return;
      }
      const upstream = (isTls ? tlsRequest : httpRequest)(target, {
        agent,
        method,
        headers: headersFor(request),
      });
      if (headers['content-length'] !== undefined)
        upstream.setHeader('content-length', headers['content-length']);
      underWay.add(upstream);
      upstream.once('close', () => underWay.delete(upstream));
      new Passage(reply, url, bounds).begin(request, upstream);
    },
    close() {
      for (const each of underWay) each.destroy();
      agent.destroy();
    },
  };
};
