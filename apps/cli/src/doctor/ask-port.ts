import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where something may listen; without brackets around an IPv6 address. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a port says to an HTTP request. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Its beginning. */
  readonly text: string;
}

const patienceMs = 2_000;
const textLength = 1_000;

interface Opened {
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
}

/** Whether `good` is called on what was opened before it fails or takes too long. */
const opens = (open: (good: () => void) => Opened): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      opened.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), patienceMs);
    const opened = open(() => settle(true));
    opened.on('error', () => settle(false));
  });

/** Whether anything accepts connections there. */
export const accepts = (place: Place): Promise<boolean> => opens((good) => connectTcp(place, good));

/** Whether it answers a TLS handshake, whatever certificate it shows: it is only looked at, nothing is sent to it. */
export const speaksTls = (place: Place): Promise<boolean> =>
  opens((good) => connectTls({ ...place, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, good));

/** Whether it answers the beginning of plain HTTP/2, as gRPC servers without TLS do. */
export const speaksHttp2 = ({ host, port }: Place): Promise<boolean> =>
  opens((good) => {
    const name = host.includes(':') ? `[${host}]` : host;
    return connectHttp2(`http://${name}:${port}`).once('remoteSettings', good);
  });

/** What the place answers to an HTTP/1.1 request; undefined where that is no HTTP, or comes too late. */
export const askHttp = (
  place: Place,
  path: string,
  post?: { readonly type: string; readonly body: string },
): Promise<HttpAnswer | undefined> =>
  new Promise((resolve) => {
    const request = httpRequest(
      {
        ...place,
        path,
        agent: false,
        method: post === undefined ? 'GET' : 'POST',
        ...(post && { headers: { 'content-type': post.type } }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < textLength) text += chunk;
        });
        response.on('close', () => {
          clearTimeout(timer);
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, contentType: headers['content-type'] ?? '', text });
        });
        response.on('error', () => undefined);
      },
    );
    const timer = setTimeout(() => request.destroy(), patienceMs);
    request.on('error', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    request.end(post?.body);
  });
