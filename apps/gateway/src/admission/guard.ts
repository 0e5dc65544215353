import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '@kaizen-trace/service-kit';
import type { FastifyRequest } from 'fastify';
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

/** Answers that go on until the client has enough of them. */
const isStream = (route: string): boolean => route.startsWith('/api/') && route.endsWith('/events');

/** Cuts streams whose key is taken back; what is merely under way ends as it began. */
const openStreams = (ring: KeyRing) => {
  const streams = new Map<ServerResponse, Grant>();
  ring.onChange(() => {
    for (const [response, grant] of streams) if (!grant.isValid()) response.destroy();
  });
  return (response: ServerResponse, grant: Grant): void => {
    streams.set(response, grant);
    response.once('close', () => streams.delete(response));
  };
};

/** Keys and methods are looked at before anything of the body is read. */
export const openGuard = (ring: KeyRing, maxBodyBytes: number): Guard => {
  const doorkeeper = openDoorkeeper({ ring, maxBodyBytes });
  const follow = openStreams(ring);
  return (request, reply, done) => {
    const { method, headers } = request;
    // Not the path as it came: %61pi reaches the same route as api.
    const route = request.routeOptions.url ?? request.url.split('?', 1)[0] ?? '';
    const admission = doorkeeper.admit({ method, route, headers });
    if (admission.type === 'admitted') {
      grants.set(request.raw, admission.grant);
      if (isStream(route)) follow(reply.raw, admission.grant);
    }
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
