/** A server that tests run against. */
export type RealPartName = 'kafka' | 'jaeger';

/** Thrown when no source gives the server. Install what one of the reasons names, or set the `TEST_` variables. */
export class RealPartUnavailable extends Error {
  override readonly name = 'RealPartUnavailable';
  readonly code = 'KAIZEN_REAL_PART_UNAVAILABLE';
  constructor(
    readonly part: RealPartName,
    readonly reasons: readonly string[],
    options?: ErrorOptions,
  ) {
    super(`no real ${part} for the tests: ${reasons.join('; ')}`, options);
  }
}

/** Whether leaving tests out for want of a server is a failure, as it is in CI. */
export const realPartsRequired = (): boolean => process.env.REQUIRE_REAL === '1';

/** One way to a server: what it gives, or why it cannot. Only bugs are thrown. */
export type Attempt<T> =
  { readonly type: 'found'; readonly part: T } | { readonly type: 'no'; readonly reason: string };

/** A server and how to end it, both as plain values, so that another process of the same test run can read them. */
export interface Handle {
  readonly pid?: number;
  readonly containerId?: string;
  readonly folder?: string;
}

/** Turns what a source throws into a reason, since the next source may still work. */
export const attempt = async <T>(source: string, start: () => Promise<Attempt<T>>): Promise<Attempt<T>> => {
  try {
    return await start();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { type: 'no', reason: `${source}: ${text.split('\n').slice(-3).join(' ').trim()}` };
  }
};

/**
 * The sources that may be tried, by name and in order: all of them, or the one that `TEST_REAL_SOURCE` names, so that a
 * test run proves just that one.
 */
export const chosenSources = <T>(
  sources: Readonly<Record<'container' | 'local build', () => Promise<Attempt<T>>>>,
): readonly (() => Promise<Attempt<T>>)[] => {
  const only = process.env.TEST_REAL_SOURCE;
  const chosen = Object.entries(sources).filter(([name]) => only === undefined || name === only);
  if (chosen.length > 0)
    return chosen.map(
      ([name, start]) =>
        () =>
          attempt(name, start),
    );
  const names = Object.keys(sources).join(', ');
  return [
    () =>
      Promise.resolve({ type: 'no', reason: `TEST_REAL_SOURCE is ${String(only)}, not one of: ${names}` }),
  ];
};

/** Takes the first source that works, in order. @throws RealPartUnavailable with the reason of each. */
export const firstOf = async <T>(
  part: RealPartName,
  sources: readonly (() => Promise<Attempt<T>>)[],
): Promise<T> => {
  const reasons: string[] = [];
  for (const source of sources) {
    const outcome = await source();
    if (outcome.type === 'found') return outcome.part;
    reasons.push(outcome.reason);
  }
  throw new RealPartUnavailable(part, reasons);
};

/** Refuses an address outside of this machine, so that no test writes to a broker that others use. */
export const isLoopback = (hostAndPort: string): boolean => {
  const host = hostAndPort.replace(/^[a-z]+:\/\//, '').replace(/:\d+(\/.*)?$/, '');
  return ['localhost', '127.0.0.1', '[::1]', '::1'].includes(host) || process.env.TEST_ALLOW_REMOTE === '1';
};
