import { wholeKey } from './keys.mjs';
import { bent, oddTexts } from './values.mjs';

const crlf = '\r\n';
const key = `x-api-key: ${wholeKey['x-api-key']}`;
const headOf = (first, ...lines) => [first, 'Host: localhost', key, ...lines, '', ''].join(crlf);
const json = 'Content-Type: application/json';
const hidden = headOf('GET /healthz HTTP/1.1');

/** Requests of which a part could be taken for a second one: `alive` in an answer would say that it was. */
const smuggling = (path) => [
  headOf(`POST ${path} HTTP/1.1`, json, 'Content-Length: 4', 'Transfer-Encoding: chunked') +
    `0${crlf}${crlf}${hidden}`,
  headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + hidden,
  headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: xchunked') + `0${crlf}${crlf}${hidden}`,
  headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding:\x0bchunked') + `0${crlf}${crlf}${hidden}`,
  headOf(`POST ${path} HTTP/1.1`, json, `Content-Length: ${hidden.length}`, 'Content-Length: 0') + hidden,
  headOf(`POST ${path} HTTP/1.1`, json, `Content-Length: +${hidden.length}`) + hidden,
  headOf(`POST ${path} HTTP/1.1`, json, 'Content-Length : 0') + hidden,
  headOf(`POST ${path} HTTP/1.1`, json, 'Content-Length: 0x0') + hidden,
  headOf(`POST ${path} HTTP/1.1`, json, ` Content-Length: 9`) + hidden,
  headOf(`GET ${path} HTTP/1.1`, 'Transfer-Encoding: chunked') +
    `${hidden.length.toString(16)}${crlf}${hidden}${crlf}0${crlf}${crlf}`,
  headOf(`DELETE ${path} HTTP/1.1`, json, `Content-Length: ${hidden.length}`) + hidden,
  headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: chunked') +
    `0;${'a'.repeat(20)}\n${crlf}${hidden.length.toString(16)}\n${hidden}`,
  headOf(`GET ${path} HTTP/1.1\r\nX: a\nY: b`, 'Connection: close') + hidden,
  headOf(
    `GET ${path} HTTP/1.1`,
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AA',
  ) + 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

/** Bytes that are not quite a request. Each is to be answered, if only by a refusal. */
const broken = (random, path) => {
  const { below, pick, times } = random;
  const noise = () => Buffer.from(times(1 + below(400), () => below(256)));
  return [
    () => Buffer.concat([noise(), Buffer.from(crlf + crlf)]),
    () => Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), noise()]),
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => `GET ${path}\r\n\r\n`,
    () => `GET ${path} HTTP/9.9\r\n\r\n`,
    () => `GET ${path} HTTP/1.1\r\n\r\n`,
    () => `GET ${path} HTTP/1.0\r\n${key}\r\n\r\n`,
    () => headOf(`GET ${path} HTTP/1.1`, `X: ${'h'.repeat(20_000)}`),
    () => headOf(`GET ${path} HTTP/1.1`, ...times(3_000, (n) => `a${n}: b`)),
    () => headOf(`GET ${path} HTTP/1.1`, ...times(900, () => 'a: b')),
    () => headOf(`GET ${path} HTTP/1.1`, 'Host: other', 'Host: another'),
    () => headOf(`GET ${path}?${'q'.repeat(17_000)} HTTP/1.1`),
    () =>
      headOf(`${pick(['FROB', 'get', 'PROPFIND', 'QUERY', 'TRACE', 'LINK', 'M-SEARCH'])} ${path} HTTP/1.1`),
    () => headOf('CONNECT elsewhere.example:443 HTTP/1.1'),
    () => headOf('OPTIONS * HTTP/1.1'),
    () => headOf(`GET ${path} HTTP/1.1`, `X: ${pick(oddTexts)}`),
    () =>
      headOf(`GET ${path} HTTP/1.1`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: YQ=='),
    () => headOf(`POST ${path} HTTP/1.1`, json, 'Content-Length: -1'),
    () => headOf(`POST ${path} HTTP/1.1`, json, `Content-Length: ${'9'.repeat(30)}`) + 'x',
    () => headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: chunked') + 'zz\r\n{}\r\n0\r\n\r\n',
    () => headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: chunked') + 'ffffffffffffffffff\r\n{}',
    () =>
      headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: chunked') +
      `2;${'e'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    () =>
      headOf(`POST ${path} HTTP/1.1`, json, 'Transfer-Encoding: chunked', 'Trailer: x') +
      `2\r\n{}\r\n0\r\n${'t: '.padEnd(20_000, 't')}\r\n\r\n`,
    () => headOf(`POST ${path} HTTP/1.1`, json, 'Expect: magic', 'Content-Length: 0'),
    () => headOf(`POST ${path} HTTP/1.1`, json, 'Expect: 100-continue', 'Content-Length: 2') + '{}',
    // Many at once on one connection.
    () => headOf(`GET ${path} HTTP/1.1`).repeat(40),
  ];
};

const bytesOf = (made) => (typeof made === 'string' ? Buffer.from(made, 'latin1') : made);

/** Bytes for one connection, and how they are sent: at once, in small pieces, or broken off. */
export const rawRequest = (random, paths) => {
  const { below, pick, maybe } = random;
  const path = bent(random, pick(paths)).replaceAll(' ', '');
  if (maybe(0.3)) return { type: 'raw', parts: [bytesOf(pick(smuggling(path)))], isSmuggling: true };
  if (maybe(0.3)) {
    const body = '{"event_type":"note","agent_id":"slow"}';
    const head = headOf(`POST ${path} HTTP/1.1`, json, `Content-Length: ${body.length}`);
    const bytes = Buffer.from(head + body, 'latin1');
    const cut = below(bytes.length);
    if (maybe(0.5)) return { type: 'raw', parts: [bytes.subarray(0, cut)], leaves: true };
    return {
      type: 'raw',
      parts: [bytes.subarray(0, cut), bytes.subarray(cut, cut + 1), bytes.subarray(cut + 1)],
      pauseMs: 20,
    };
  }
  return { type: 'raw', parts: [bytesOf(pick(broken(random, path))())] };
};
