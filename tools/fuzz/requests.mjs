import { someKey } from './keys.mjs';
import { intakeRequest, operatingRequest } from './gateway-requests.mjs';
import { otlpRequest } from './otlp-requests.mjs';
import { queryRequest } from './query-requests.mjs';
import { rawRequest } from './raw-requests.mjs';
import { randomOf } from './random.mjs';
import { bent, queryOf } from './values.mjs';

const rawPaths = {
  gateway: [
    '/v1/events',
    '/v1/hooks/claude-code',
    '/api/replays',
    '/api/dead-letters/redrive',
    '/api/pipeline',
  ],
  query: ['/api/traces', '/api/pipeline', '/api/replays', '/api/services', '/'],
  member: ['/api/open-operations', '/metrics'],
};

const memberRequest = (random) => {
  const { pick, maybe } = random;
  const path = pick([
    '/api/open-operations',
    '/api/partitions',
    '/api/status',
    '/api/assembler',
    '/metrics',
    '/x',
  ]);
  const query = queryOf(random, ['service', 'agent', 'kind', 'before', 'order', 'limit', 'cursor'], {
    order: ['oldest', 'newest'],
    limit: ['1', '1000'],
  });
  return {
    method: maybe(0.9) ? 'GET' : pick(['POST', 'DELETE', 'HEAD']),
    path: bent(random, `${path}?${query}`),
    headers: maybe(0.05) ? { host: 'evil.example' } : {},
    body: Buffer.alloc(maybe(0.1) ? 100 : 0, 'm'),
  };
};

const withKey = (random, to, made) => {
  const { headers, may } = someKey(random, to === 'gateway');
  return { to, ...made, headers: { ...made.headers, ...headers }, may };
};

/** Request `number` of a seed: what is sent, and `to` which service. Equal seeds and numbers give equal requests. */
export const requestOf = (seed, number) => {
  const random = randomOf(seed, number);
  const kind = random.below(100);
  if (kind < 40) return withKey(random, 'gateway', intakeRequest(random));
  if (kind < 54) return withKey(random, 'gateway', operatingRequest(random));
  if (kind < 80) return withKey(random, 'query', queryRequest(random));
  if (kind < 87) return withKey(random, 'query', operatingRequest(random));
  if (kind < 91) return { to: 'member', ...memberRequest(random) };
  if (kind < 94) return { to: 'otlp', ...otlpRequest(random) };
  const to = random.pick(['gateway', 'query', 'query', 'member']);
  return { to, ...rawRequest(random, rawPaths[to]) };
};

const shownBytes = (bytes) =>
  `${bytes.length} bytes ${JSON.stringify(bytes.subarray(0, 300).toString('latin1'))}`;

/** A request as a line for people. */
export const showRequest = ({ to, type, method, path, headers = {}, body, parts, may }) =>
  type === 'raw'
    ? `raw to ${to}: ${parts.map(shownBytes).join(' … ')}`
    : `${method ?? type} to ${to}: ${(path ?? '').slice(0, 300)} ${JSON.stringify(headers).slice(0, 400)} ${may === undefined ? '' : `key: ${may}`} ${shownBytes(body)}`;
