import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem, type Answer } from '../answer.js';
import { drain } from '../drain.js';
import { openDoorkeeper, type Admission, type Grant } from './doorkeeper.js';
import type { KeyRing } from './key-ring.js';

/** What only takes something in. */
const intakeRoutes = new Set(['/v1/events', '/v1/hooks/claude-code']);

const grants = new WeakMap<IncomingMessage, Grant>();

/** What a request that the guard let in may do. */
export const grantOf = (request: FastifyRequest): Grant | undefined => grants.get(request.raw);

const refusal = (admission: Exclude<Admission, { type: 'admitted' }>): Answer => {
  switch (admission.type) {
    case 'unauthenticated':
      return problem(401, 'unauthorized', { 'www-authenticate': 'Bearer' });
    case 'out-of-scope':
      return problem(403, 'this key is not for that');
    case 'too-many':
      return problem(429, 'this key’s rate is used up; nothing was taken, send it again later', {
        'retry-after': String(Math.ceil(admission.waitMs / 1_000)),
      });
    case 'foreign-host':
      return problem(403, 'without API keys only requests to localhost are served; set KAIZEN_API_KEYS');
  }
};

/** Keys and methods are looked at before anything of the body is read. */
export const openGuard = (ring: KeyRing) => {
  const doorkeeper = openDoorkeeper(ring);
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { method, headers } = request;
    // Not the path as it came: %61pi reaches the same route as api.
    const route = request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
    const admission = doorkeeper.admit({ method, route, headers });
    if (admission.type === 'admitted') grants.set(request.raw, admission.grant);
    const answer =
      admission.type === 'admitted'
        ? intakeRoutes.has(route) && method !== 'POST'
          ? problem(405, `send events with POST`, { allow: 'POST' })
          : undefined
        : refusal(admission);
    if (answer === undefined) {
      done();
      return;
    }
    void reply.code(answer.status).headers(answer.headers).send(answer.body);
    drain(request.raw);
  };
};
