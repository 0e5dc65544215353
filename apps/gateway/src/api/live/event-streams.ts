import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** One client that listens to server-sent events. */
export interface EventStream {
  /**
   * Sends an event, its data on one line. To a client that does not keep up only the newest event of each name goes,
   * when it is ready again; one that takes nothing for half a minute is cut off.
   */
  send(name: string, data: string): void;
  /** Ends the stream after what was sent. Idempotent. */
  end(): void;
  /** Called once when the client is gone or the stream has ended; at once where it has. */
  onClose(listener: () => void): void;
}

/** All clients that listen, bounded. */
export interface EventStreams {
  /** Takes the answer over; undefined where there are too many already, and nothing was answered. */
  open(reply: FastifyReply): EventStream | undefined;
  readonly count: number;
  /** Ends all streams, so that the server can close. */
  close(): void;
}

export interface EventStreamsOptions {
  readonly limit: number;
  /** How often a comment is sent, so that proxies and clients see that the line is alive; 15 s unless told. */
  readonly heartbeatMs?: number;
  /** How long a client may take nothing; 30 s unless told. */
  readonly stuckMs?: number;
}

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  // No proxy may keep, pack or hold back what is sent.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
  // A stream that has ended must not hold up the server's own end as an idle connection.
  connection: 'close',
} as const;

/** After how many milliseconds a browser connects again by itself. */
const retry = 'retry: 2000\n\n';

class Stream implements EventStream {
  readonly #raw: ServerResponse;
  readonly #waiting = new Map<string, string>();
  readonly #listeners: (() => void)[] = [];
  readonly #stuckMs: number;
  #blockedSince: number | undefined;
  #closed = false;

  constructor(raw: ServerResponse, given: ReturnType<FastifyReply['getHeaders']>, stuckMs: number) {
    this.#raw = raw;
    this.#stuckMs = stuckMs;
    raw.on('drain', () => this.#flush());
    raw.on('close', () => this.#close());
    raw.on('error', () => this.#close());
    for (const [name, value] of Object.entries(given)) if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, headers);
    raw.write(retry);
  }

  send(name: string, data: string): void {
    if (this.#closed) return;
    if (this.#blockedSince === undefined) this.#write(`event: ${name}\ndata: ${data}\n\n`);
    else this.#waiting.set(name, data);
  }

  beat(): void {
    if (this.#closed) return;
    if (this.#blockedSince === undefined) this.#write(':\n\n');
    else if (performance.now() - this.#blockedSince > this.#stuckMs) this.#raw.destroy();
  }

  end(): void {
    if (!this.#closed) this.#raw.end();
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#listeners.push(listener);
  }

  #write(text: string): void {
    if (!this.#raw.write(text)) this.#blockedSince ??= performance.now();
  }

  #flush(): void {
    this.#blockedSince = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [name, data] of waiting) this.send(name, data);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.clear();
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** Streams for at most `limit` clients at a time. */
export const createEventStreams = ({
  limit,
  heartbeatMs = 15_000,
  stuckMs = 30_000,
}: EventStreamsOptions): EventStreams => {
  const streams = new Set<Stream>();
  let heart: NodeJS.Timeout | undefined;
  let closed = false;
  const beat = (): void => {
    for (const stream of streams) stream.beat();
  };
  return {
    open(reply) {
      if (closed || streams.size >= limit) return undefined;
      const given = reply.getHeaders();
      reply.hijack();
      const stream = new Stream(reply.raw, given, stuckMs);
      streams.add(stream);
      heart ??= setInterval(beat, heartbeatMs).unref();
      stream.onClose(() => {
        streams.delete(stream);
        if (streams.size > 0) return;
        clearInterval(heart);
        heart = undefined;
      });
      return stream;
    },
    get count() {
      return streams.size;
    },
    close() {
      closed = true;
      for (const stream of [...streams]) stream.end();
    },
  };
};
