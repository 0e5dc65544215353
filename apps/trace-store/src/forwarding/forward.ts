import { Agent, request as httpRequest, type ClientRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { explain, Passage, type ForwardLimits, type ForwardOutcome } from './passage.js';
import type { Upstream } from './upstream.js';

const usual: ForwardLimits = {
  maxRequests: 256,
  maxBodyBytes: 1024 * 1024,
  answerMs: 120_000,
  silenceMs: 60_000,
};

/** Passes requests on to one upstream, bodies and answers as they come. */
export interface Forwarding {
  /** Answers in any case: with what the upstream says, or with why there is nothing. */
  forward(request: FastifyRequest, reply: FastifyReply): void;
  /** Requests that are under way, streams of events among them. */
  underWay(): number;
  /** Gives up what is under way. Idempotent. */
  close(): void;
}

/** What may be set of a forwarding. */
export interface ForwardOptions {
  readonly limits?: Partial<ForwardLimits>;
  /** Called once for each request, but where whoever asked has gone before the answer. */
  readonly onOutcome?: (outcome: ForwardOutcome) => void;
}

/** The path below the upstream's own, without a slash before it; undefined where dots led elsewhere. */
const pathBelow = (base: URL, { pathname }: URL): string | undefined =>
  pathname.startsWith(base.pathname) ? pathname.slice(base.pathname.length) : undefined;

/** Passes requests on over connections that are kept. */
export const openForwarding = (
  upstream: Upstream,
  { limits, onOutcome = () => undefined }: ForwardOptions = {},
): Forwarding => {
  const bounds = { ...usual, ...limits };
  const base = new URL(upstream.url.endsWith('/') ? upstream.url : `${upstream.url}/`);
  const isTls = base.protocol === 'https:';
  const pool = { keepAlive: true, maxSockets: bounds.maxRequests, scheduling: 'lifo' } as const;
  const agent = isTls ? new TlsAgent(pool) : new Agent(pool);
  const underWay = new Set<ClientRequest>();
  const refuse = (reply: FastifyReply, status: number, message: string): void => {
    onOutcome(status === 429 ? 'busy' : 'refused');
    explain(reply, status, message);
  };
  return {
    forward(request, reply) {
      if (underWay.size >= bounds.maxRequests) {
        void reply.header('retry-after', '5');
        refuse(reply, 429, `too much is asked of ${upstream.name} at once; try again later`);
        return;
      }
      const target = new URL(`.${request.url}`, base);
      // Dots that a router takes for a name may lead elsewhere: nothing but what the upstream serves is passed on.
      const path = pathBelow(base, target);
      if (path === undefined || !upstream.has(path)) {
        refuse(reply, 404, `there is no such part of ${upstream.serves}`);
        return;
      }
      const introduction = upstream.introduce(request);
      if (introduction.type === 'forbidden') {
        refuse(reply, 403, introduction.message);
        return;
      }
      const { headers } = introduction;
      const { method, headers: given } = request;
      const asked = (isTls ? tlsRequest : httpRequest)(target, { agent, method, headers });
      // Said in any case: Node would send the body of a GET or DELETE without a frame, and what stands in it as a request.
      if (given['content-length'] !== undefined) asked.setHeader('content-length', given['content-length']);
      else if (given['transfer-encoding'] !== undefined) asked.setHeader('transfer-encoding', 'chunked');
      underWay.add(asked);
      asked.once('close', () => underWay.delete(asked));
      new Passage(reply, { upstream, limits: bounds, onOutcome }).begin(request, asked);
    },
    underWay: () => underWay.size,
    close() {
      for (const each of underWay) each.destroy();
      agent.destroy();
    },
  };
};
