import type { ClientRequest, IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Upstream } from './upstream.js';

/** How much is asked of an upstream at once, and how long it may take. */
export interface ForwardLimits {
  /** Requests under way at a time, streams of events among them. */
  readonly maxRequests: number;
  /** Bytes of a request's body. */
  readonly maxBodyBytes: number;
  /** Until it has begun to answer, in milliseconds; bringing back many dead letters takes its time. */
  readonly answerMs: number;
  /** Longest silence of an answer that has begun; the gateway's streams beat every 15 seconds. */
  readonly silenceMs: number;
}

/** How a request ended: the upstream answered, was not there, was too late; or it was not asked. */
export type ForwardOutcome = 'answered' | 'away' | 'late' | 'refused' | 'busy';

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

/** Answers with a status and why, unless something was answered already. */
export const explain = (reply: FastifyReply, status: number, message: string): void => {
  if (!reply.sent) void reply.code(status).send({ status, message });
};

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);

/** What a passage needs beside the reply. */
export interface PassageOptions {
  readonly upstream: Upstream;
  readonly limits: ForwardLimits;
  /** Called once, if ever. */
  readonly onOutcome: (outcome: ForwardOutcome) => void;
}

/** One request on its way to an upstream, and the answer on its way back. */
export class Passage {
  readonly #reply: FastifyReply;
  readonly #options: PassageOptions;
  #outcome: ForwardOutcome | undefined;

  constructor(reply: FastifyReply, options: PassageOptions) {
    this.#reply = reply;
    this.#options = options;
  }

  /** Sends the request by `asked`, which was not begun yet. */
  begin(request: FastifyRequest, asked: ClientRequest): void {
    const { answerMs } = this.#options.limits;
    const late = setTimeout(() => this.#giveUp(asked, 'late', 'did not answer in time'), answerMs);
    asked.once('close', () => clearTimeout(late));
    asked.once('response', (response) => {
      clearTimeout(late);
      this.#passBack(asked, response);
    });
    asked.on('error', (error) => this.#giveUp(asked, 'away', `does not answer (${codeOf(error)})`));
    // Whoever asked has gone: the upstream need not go on.
    this.#reply.raw.once('close', () => asked.destroy());
    this.#passOn(request, asked);
  }

  #passOn({ raw }: FastifyRequest, asked: ClientRequest): void {
    const forget = (): void => {
      raw.removeAllListeners('data');
      raw.resume();
    };
    // Nobody takes what is left of a body after its answer; unread it would keep the connection's next request waiting.
    asked.once('close', forget);
    this.#reply.raw.once('finish', () => {
      forget();
      if (!asked.writableFinished) asked.destroy();
    });
    let size = 0;
    raw.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > this.#options.limits.maxBodyBytes) {
        forget();
        this.#refuse(asked);
      } else if (!asked.write(chunk)) {
        raw.pause();
        asked.once('drain', () => raw.resume());
      }
    });
    raw.once('end', () => asked.end());
    raw.resume();
  }

  #passBack(asked: ClientRequest, response: IncomingMessage): void {
    if (!this.#ends('answered') || this.#reply.sent) {
      asked.destroy();
      return;
    }
    const headers = passedBack.flatMap((name) => {
      const value = response.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const { raw } = this.#reply;
    // By the request, which takes its listener back when the connection goes on to serve the next one.
    asked.setTimeout(this.#options.limits.silenceMs, () => asked.destroy());
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
    // What broke off must not look whole.
    response.once('error', () => raw.destroy());
    response.pipe(raw);
  }

  #refuse(asked: ClientRequest): void {
    this.#ends('refused');
    asked.destroy();
    // What is still on its way is of no use to anyone.
    void this.#reply.header('connection', 'close');
    explain(this.#reply, 413, `the body is over ${this.#options.limits.maxBodyBytes} bytes`);
  }

  #giveUp(asked: ClientRequest, outcome: 'away' | 'late', what: string): void {
    asked.destroy();
    // Nor is it the upstream's fault where whoever asked has gone.
    if (this.#reply.raw.destroyed || !this.#ends(outcome)) return;
    const { name, url, variable } = this.#options.upstream;
    const remedy = `start it, or set ${variable} to where it is`;
    explain(this.#reply, outcome === 'late' ? 504 : 502, `${name} at ${url} ${what}: ${remedy}`);
  }

  /** Whether this is the first end. */
  #ends(outcome: ForwardOutcome): boolean {
    if (this.#outcome !== undefined) return false;
    this.#outcome = outcome;
    this.#options.onOutcome(outcome);
    return true;
  }
}
