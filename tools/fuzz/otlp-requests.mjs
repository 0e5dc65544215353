import { gzipSync } from 'node:zlib';
import { damaged } from './values.mjs';

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const varint = (value) => {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
};
const field = (number, content) => Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
const fixed = (number, value) => {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};
const text = (value) => Buffer.from(value);

/** A request of a few spans, some of their fields odd. */
const spans = ({ below, pick, times }) => {
  const span = () =>
    Buffer.concat([
      field(1, Buffer.from(times(pick([16, 16, 16, 15, 0, 300]), () => below(256)))),
      field(2, Buffer.from(times(pick([8, 8, 8, 0, 9]), () => below(256)))),
      field(5, text(pick(['work', '', '\u0000', 'n'.repeat(5_000)]))),
      fixed(7, BigInt(pick([0, 1, 1_795_163_400_000_000_000])) + BigInt(below(9))),
      fixed(8, pick([0n, 2n ** 64n - 1n, 1_795_163_400_000_000_009n])),
      field(9, Buffer.concat([field(1, text('k')), field(2, field(1, text('v')))])),
    ]);
  const scope = Buffer.concat(times(1 + below(3), () => field(2, span())));
  return field(1, Buffer.concat([field(1, Buffer.alloc(0)), field(2, scope)]));
};

/** Groups in groups, lists in lists: what a reader that calls itself would not survive. */
const nested = (levels) => {
  let value = field(1, text('x'));
  for (let level = 0; level < levels; level += 1) value = field(5, field(1, value));
  return field(1, field(2, field(2, field(9, Buffer.concat([field(1, text('k')), field(2, value)])))));
};

const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024));

const framed = (bytes, packed) => {
  const head = Buffer.alloc(5);
  head[0] = packed ? 1 : 0;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

/** A call of the trace store's OTLP port. `isWellFramed`: then no answer may say that the server itself failed. */
export const otlpRequest = (random) => {
  const { pick, maybe, below, times } = random;
  const made = maybe(0.1)
    ? nested(pick([10, 100, 2_000]))
    : maybe(0.1)
      ? Buffer.from(times(below(300), () => below(256)))
      : damaged(random, spans(random));
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  if (maybe(0.01))
    return {
      type: 'otlp',
      headers: { ...headers, 'grpc-encoding': 'gzip' },
      body: framed(bomb, true),
      isWellFramed: true,
    };
  if (maybe(0.8)) return { type: 'otlp', headers, body: framed(made, false), isWellFramed: true };
  const odd = pick([
    { ':path': '/nothing/At/All' },
    { ':method': 'GET' },
    { 'content-type': 'text/html' },
    { 'grpc-encoding': pick(['gzip', 'br', 'x'.repeat(500)]) },
    { 'grpc-timeout': pick(['1n', '0S', '-1S', 'x', '99999999H']) },
  ]);
  const body = pick([framed(made, true), made, framed(made, false).subarray(0, 4), framed(made, false)]);
  return { type: 'otlp', headers: { ...headers, ...odd }, body, isWellFramed: false };
};
