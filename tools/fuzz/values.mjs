import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

/** Texts at which readers, routers and stores have broken before. */
export const oddTexts = [
  '',
  'a',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ud800',
  '\u202e\ufeff',
  '😀',
  '../..',
  '..\\..\\..',
  '/etc/passwd',
  '%',
  '%00',
  '%2e%2e%2f',
  '\'"<script>',
  '${jndi:ldap://x}',
  "' OR 1=1 --",
  '\r\nX-Injected: 1',
  '-1',
  'NaN',
  'null',
  '1e999',
  '9'.repeat(40),
  'é'.repeat(300),
  'x'.repeat(9_000),
];

const oddNumbers = [0, -0, -1, 1e308, 1e-320, 2 ** 53, 2 ** 63, -0.5, 1_795_163_400, 1_795_163_400_000];

/** Any JSON value, a few levels deep. */
export const oddValue = (random, depth = 0) => {
  const { below, pick, maybe, times } = random;
  const kind = below(depth > 4 ? 6 : 9);
  if (kind === 0) return null;
  if (kind === 1) return maybe(0.5);
  if (kind === 2) return pick(oddNumbers);
  if (kind < 6) return pick(oddTexts);
  if (kind === 6) return times(below(6), () => oddValue(random, depth + 1));
  return Object.fromEntries(
    times(below(6), () => [pick(oddTexts).slice(0, 40), oddValue(random, depth + 1)]),
  );
};

/** JSON of so many levels. */
export const deep = (levels) => `${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`;

/** A JSON object of so many fields. */
export const wide = (fields) =>
  `{${Array.from({ length: fields }, (_, index) => `"k${index}":${index}`).join(',')}}`;

/** Bytes that were cut, or of which a few were changed; most are left as they are. */
export const damaged = ({ below, maybe }, bytes) => {
  if (maybe(0.7) || bytes.length === 0) return bytes;
  if (maybe(0.3)) return bytes.subarray(0, below(bytes.length));
  const copy = Buffer.from(bytes);
  for (let flips = 1 + below(4); flips > 0; flips -= 1) copy[below(copy.length)] = below(256);
  return copy;
};

const pack = (coding, bytes) => {
  if (coding === 'gzip' || coding === 'x-gzip') return gzipSync(bytes, { level: 1 });
  if (coding === 'zstd') return zstdCompressSync(bytes);
  if (coding === 'deflate') return deflateSync(bytes, { level: 1 });
  if (coding === 'br') return brotliCompressSync(bytes.subarray(0, 4_096));
  return coding === 'gzip, gzip' ? gzipSync(gzipSync(bytes, { level: 1 })) : bytes;
};

// Packed once: these are small on the wire and large behind it.
const nothing = Buffer.alloc(40 * 1024 * 1024, 0x20);
const bombs = { gzip: gzipSync(nothing), zstd: zstdCompressSync(nothing) };
const manyFrames = Buffer.concat(Array.from({ length: 3_000 }, () => zstdCompressSync(Buffer.from('\n'))));
const tail = gzipSync(Buffer.from('[]'));

/** A body as some coding has it, true or not, and now and then a bomb. Sets the header of `headers`. */
export const packed = (random, bytes, headers) => {
  const { pick, maybe, below } = random;
  if (maybe(0.003)) {
    const coding = pick(['gzip', 'zstd']);
    headers['content-encoding'] = coding;
    return pick([
      bombs[coding],
      manyFrames,
      Buffer.concat([tail, tail, bombs.gzip.subarray(0, below(9_999))]),
    ]);
  }
  const codings = ['gzip', 'x-gzip', 'zstd', 'deflate', 'br', 'gzip, gzip', 'identity', 'GZIP', 'nonsense'];
  const coding = maybe(0.4) ? pick(codings) : undefined;
  if (coding !== undefined) headers['content-encoding'] = coding;
  return maybe(0.9) ? pack(coding?.toLowerCase(), bytes) : bytes;
};

/** A text as it stands in an address; now and then not decodable. */
export const encoded = ({ maybe }, text) =>
  maybe(0.05) ? '%E0%A4%A' : encodeURIComponent(text.toWellFormed());

const numbers = ['1', '0', '-1', '20', '1500', '1e9', 'NaN', '', '9'.repeat(30), '1.5', 'abc', '0x10'];

/** A query string of the parameters named, with values that fit and others. */
export const queryOf = (random, names, fitting = {}) => {
  const { below, pick, maybe, times } = random;
  const one = () => {
    const name = pick(names);
    const fits = fitting[name];
    if (fits !== undefined && maybe(0.5)) return `${name}=${encodeURIComponent(pick(fits))}`;
    return `${maybe(0.05) ? encoded(random, pick(oddTexts)) : name}=${maybe(0.6) ? encoded(random, pick(oddTexts)) : pick(numbers)}`;
  };
  return times(below(6), one).join(maybe(0.9) ? '&' : pick([';', '&&', '?']));
};

/** A path from one known to lead somewhere, bent a little. */
export const bent = ({ pick, maybe, below }, path) => {
  if (maybe(0.85)) return path;
  const at = below(path.length);
  return pick([
    () => `/${path}`,
    () => `${path}/`,
    () => path.replaceAll('/', '//'),
    () => path.replace('/', '/./'),
    () => `${path}/../..${path}`,
    () => `${path}%00`,
    () => `${path};a=b`,
    () => `${path.slice(0, at)}%${path.charCodeAt(at).toString(16)}${path.slice(at + 1)}`,
    () => `${path}/${'a/'.repeat(below(400))}`,
    () => `${path}/${'x'.repeat(below(7_000))}`,
    () => path.toUpperCase(),
    () => `http://elsewhere.example${path}`,
  ])();
};
