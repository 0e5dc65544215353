import { bent, deep, encoded, oddTexts, queryOf } from './values.mjs';

const tags = [
  '{"error":"true"}',
  '{"n":"1"}',
  '{',
  '[]',
  'null',
  '{"a":1}',
  '{"__proto__":"x"}',
  deep(50),
  deep(1_500),
  '{"":""}',
];

const search = [
  'operation',
  'start',
  'end',
  'limit',
  'lookback',
  'minDuration',
  'maxDuration',
  'tag',
  'traceID',
  'prettyPrint',
  'raw',
];

const fitting = {
  start: ['0', '1795163400000000', '-5'],
  end: ['9999999999999999', '0'],
  limit: ['1', '20', '0', '-1', '2147483647'],
  lookback: ['1h', '2d', 'custom', '1w1w1w'],
  minDuration: ['1ms', '1.5s', `${'1h'.repeat(900)}`],
  maxDuration: ['1ms', '2h'],
  tag: ['a:b', 'error:true', 'nocolon'],
  traceID: ['0', 'f'.repeat(32), '123'],
  prettyPrint: ['true', 'false'],
  raw: ['true', 'maybe'],
  spanKind: ['client', 'internal'],
  endTs: ['1795163400000', '0', '99999999999999999'],
};

const assets = [
  'index.js',
  '../../etc/passwd',
  '%2e%2e/%2e%2e/package.json',
  '..%5c..%5cx',
  '..;/x',
  '%00.js',
  'con.js',
  `${'a'.repeat(300)}.js`,
  `${'a.'.repeat(2_000)}js`,
];

const pages = [
  '/',
  '/search',
  '/trace/x',
  '/trace/..%2f..',
  '/compare?a=1&b=%',
  '/running/x/y',
  '/pipeline',
  '/dead-letters/0/0',
  '/replay/1',
  '/healthz',
  '/readyz',
  '/metrics',
  '/%',
  '//',
  '/api',
  '/api/v3/traces/1',
  '/favicon.ico',
];

const pathOf = (random) => {
  const { pick, maybe } = random;
  const query = (names) => queryOf(random, names, fitting);
  const services = ['kaizen-agents', 'kaizen-agents', 'claude-code', ...oddTexts];
  const service = () => encoded(random, pick(services));
  return pick([
    () => `/api/traces?service=${service()}&${query(search)}`,
    () => `/api/traces?service=${service()}&${query(search)}&tags=${encodeURIComponent(pick(tags))}`,
    () => `/api/traces?${query(search)}`,
    () => `/api/traces?${Array.from({ length: 400 }, () => 'traceID=1').join('&')}`,
    () =>
      `/api/traces/${encoded(random, pick(['0', 'f'.repeat(32), 'g', ...oddTexts]))}?${query(['prettyPrint', 'raw', 'start', 'end'])}`,
    () => `/api/services${maybe(0.5) ? '' : `/${service()}/operations`}?${query(['prettyPrint'])}`,
    () => `/api/operations?service=${service()}&${query(['service', 'spanKind'])}`,
    () => `/api/dependencies?${query(['endTs', 'lookback', 'service'])}`,
    () => `/assets/${pick(assets)}`,
    () => pick(pages),
  ])();
};

/** Jaeger's query API, and the console's page and files. */
export const queryRequest = (random) => {
  const { pick, maybe, below } = random;
  return {
    method: maybe(0.93) ? 'GET' : pick(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE']),
    path: bent(random, pathOf(random)),
    headers: maybe(0.1)
      ? { accept: pick(oddTexts).replaceAll(/[^\x20-\x7e]/g, ''), 'if-none-match': '*', range: 'bytes=0-,1-' }
      : {},
    body: Buffer.alloc(maybe(0.05) ? below(100_000) : 0, 'q'),
  };
};
