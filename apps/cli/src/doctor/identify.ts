import { accepts, askHttp, speaksHttp2, speaksTls, type HttpAnswer, type Place } from './ask-port.js';

/** What listens on a port, as far as its answers tell. */
export type Listener =
  /** Nothing accepts connections. */
  | 'nothing'
  | 'jaeger-query'
  | 'otlp-http'
  | 'zipkin'
  /** Jaeger's collector of old, which takes Thrift over HTTP. */
  | 'jaeger-thrift'
  | 'gateway'
  /** HTTP of another kind. */
  | 'http'
  | 'tls'
  /** HTTP/2 without TLS: gRPC, most likely. */
  | 'http2'
  | 'unknown';

interface Question {
  readonly listener: Listener;
  readonly path: string;
  readonly post?: { readonly type: string; readonly body: string };
  readonly recognises: (answer: HttpAnswer) => boolean;
}

/** In this order: Zipkin's receiver answers 202 to whatever is posted. None of them makes anyone keep anything. */
const questions: readonly Question[] = [
  {
    listener: 'jaeger-query',
    path: '/api/services',
    recognises: ({ status, text }) => status === 200 && text.includes('"data"'),
  },
  {
    listener: 'otlp-http',
    path: '/v1/traces',
    post: { type: 'application/x-protobuf', body: '' },
    recognises: ({ status, contentType }) => status === 200 && contentType === 'application/x-protobuf',
  },
  {
    listener: 'zipkin',
    path: '/api/v2/spans',
    post: { type: 'application/json', body: '[]' },
    recognises: ({ status }) => status === 202,
  },
  {
    listener: 'jaeger-thrift',
    path: '/api/traces?format=jaeger.thrift',
    post: { type: 'application/x-thrift', body: '' },
    recognises: ({ status, text }) => status === 400 && /process request body|jaeger\.Batch/.test(text),
  },
  {
    listener: 'gateway',
    path: '/v1/events',
    post: { type: 'application/x-ndjson', body: '' },
    recognises: ({ status, text }) => status === 400 && text.includes('"rejected"'),
  },
];

/** Asks a port until it is known what it is; takes a few seconds at most. Changes nothing there. */
export const identify = async (place: Place): Promise<Listener> => {
  if (!(await accepts(place))) return 'nothing';
  let isHttp = false;
  for (const { listener, path, post, recognises } of questions) {
    const answer = await askHttp(place, path, post);
    if (answer === undefined) break;
    if (recognises(answer)) return listener;
    isHttp = true;
  }
  if (await speaksTls(place)) return 'tls';
  if (isHttp) return 'http';
  return (await speaksHttp2(place)) ? 'http2' : 'unknown';
};
