import { afterAll, describe } from '@jest/globals';
import { leaveOut } from './leave-out.js';
import { proxiedKafka, type ProxiedKafka } from './chaos/proxied-kafka.js';
import { realJaeger, type RealJaeger } from './real-jaeger.js';
import { ownKafka, realKafka, type OwnKafka, type RealKafka } from './real-kafka.js';
import { RealPartUnavailable, realPartsRequired } from './real-part.js';

/** The servers by name. */
export interface RealParts {
  readonly kafka: RealKafka;
  readonly jaeger: RealJaeger;
  /** A broker for this one file, which it may crash. */
  readonly ownKafka: OwnKafka;
  /** A broker for this one file that forgets idle groups after a minute, and idle transactional ids after seconds. */
  readonly forgetfulKafka: OwnKafka;
  /** A broker for this one file, behind a proxy that breaks connections. */
  readonly proxiedKafka: ProxiedKafka;
}

/** What takes a broker a week, in the shortest time that it can be set to. */
const forgetful = {
  'offsets.retention.minutes': '1',
  'offsets.retention.check.interval.ms': '1000',
  'transactional.id.expiration.ms': '10000',
  'transaction.remove.expired.transaction.cleanup.interval.ms': '1000',
  'producer.id.expiration.ms': '5000',
  'producer.id.expiration.check.interval.ms': '1000',
  'log.cleaner.backoff.ms': '500',
};

const sources = {
  kafka: () => realKafka(),
  jaeger: () => realJaeger(),
  ownKafka: () => ownKafka(),
  forgetfulKafka: () => ownKafka({ properties: forgetful }),
  proxiedKafka: () => proxiedKafka(),
} as const;

/**
 * A `describe` for tests that need servers; await it at the top of the file. Where one is not to be had, the console
 * says which tests are left out and why, and they do not count as passed. With `REQUIRE_REAL=1` the file fails instead.
 *
 * @throws RealPartUnavailable where a server is required and not to be had.
 */
export const describeReal = async <P extends keyof RealParts>(
  name: string,
  parts: readonly P[],
  body: (real: Pick<RealParts, P>) => void,
): Promise<void> => {
  const real: Partial<Record<keyof RealParts, RealKafka | RealJaeger>> = {};
  try {
    for (const part of parts) real[part] = await sources[part]();
  } catch (error) {
    if (!(error instanceof RealPartUnavailable) || realPartsRequired()) throw error;
    leaveOut(name, error.message, () => body(unavailable(error)));
    return;
  }
  describe(name, () => {
    body(real as Pick<RealParts, P>);
    afterAll(() => Promise.all(Object.values(real).map((part) => part.stop())));
  });
};

/** Stands in while the names of the left-out tests are collected: no test runs with it. */
const unavailable = (reason: Error): RealParts =>
  new Proxy({} as RealParts, {
    get: () => {
      throw reason;
    },
  });
