import { connect } from 'node:net';

/** How a hand-over ended. */
export type HandOver =
  /** The gateway has it, or refuses it for good: there is nothing left to do. */
  | { readonly type: 'done'; readonly status: number }
  /** It may be tried again. */
  | { readonly type: 'failed'; readonly reason: string };

export interface PostOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly body: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const contentType = 'application/x-ndjson';

const outcomeOf = (status: number): HandOver =>
  // 400: every line is refused. 413: too much at once, and it will not shrink.
  status === 202 || status === 400 || status === 413
    ? { type: 'done', status }
    : { type: 'failed', reason: `the gateway answered ${status}` };

/**
 * One HTTP request over a plain connection, of which only the status is read. Node's own client would do, and take 20 ms
 * to load, as long as all the rest of a hook.
 */
const postPlainly = ({ url, apiKey, body, signal }: PostOptions): Promise<HandOver> =>
  new Promise((resolve) => {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) });
    let answer = '';
    const end = (outcome: HandOver): void => {
      socket.destroy();
      resolve(outcome);
    };
    const failed = (reason: string): void => end({ type: 'failed', reason });
    signal.addEventListener('abort', () => failed('the gateway did not answer in time'), { once: true });
    socket.setEncoding('latin1');
    socket.on('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message));
    socket.on('close', () => failed('the gateway closed the connection'));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
      if (status !== undefined) end(outcomeOf(Number(status)));
      else if (answer.length > 64) failed('what answers is no gateway');
    });
    const bytes = Buffer.from(body);
    const head = [
      `POST ${pathname.replace(/\/$/, '')}/v1/events HTTP/1.1`,
      `Host: ${host}`,
      `Content-Type: ${contentType}`,
      `Content-Length: ${bytes.length}`,
      'Connection: close',
      ...(apiKey === undefined ? [] : [`Authorization: Bearer ${apiKey}`]),
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(bytes);
  });

const postByFetch = async ({ url, apiKey, body, signal }: PostOptions): Promise<HandOver> => {
  try {
    const { status } = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body,
      signal,
    });
    return outcomeOf(status);
  } catch (error) {
    return { type: 'failed', reason: error instanceof Error ? error.name : 'unknown' };
  }
};

/** Hands lines to `POST /v1/events`. Never throws. */
export const postEvents = (options: PostOptions): Promise<HandOver> => {
  if (options.signal.aborted) return Promise.resolve({ type: 'failed', reason: 'no time was left' });
  // A key with a line break would become a header of its own.
  const isPlain = options.url.startsWith('http:') && !/[\r\n]/.test(options.apiKey ?? '');
  return isPlain ? postPlainly(options) : postByFetch(options);
};
