import type { StreamFollower } from './stream-end.js';

type Step = IteratorResult<unknown, unknown>;
type Method = (...args: readonly unknown[]) => PromiseLike<Step> | Step;

/** Own, but not seen by whoever lists the object's properties. */
const put = (target: object, key: PropertyKey, value: unknown): void => {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false });
};

/** Takes a step inside the operation, which ends where the step fails. */
const stepOf = async (follower: StreamFollower, call: () => ReturnType<Method>): Promise<Step> => {
  try {
    return await follower.inside(call);
  } catch (error) {
    await follower.end({ type: 'failed', error });
    throw error;
  }
};

const followedStep =
  (iterator: object, method: Method, follower: StreamFollower) =>
  async (...args: readonly unknown[]): Promise<Step> => {
    const step = await stepOf(follower, () => method.apply(iterator, [...args]));
    if (step.done === true) await follower.end({ type: 'finished' });
    else follower.item(step.value);
    return step;
  };

const followedReturn =
  (iterator: object, method: Method, follower: StreamFollower) =>
  async (...args: readonly unknown[]): Promise<Step> => {
    const step = await stepOf(follower, () => method.apply(iterator, [...args]));
    // A generator may answer a return with one more value.
    if (step.done !== false) await follower.end({ type: 'abandoned' });
    return step;
  };

const methodOf = (object: object, name: string): Method | undefined => {
  const method: unknown = Reflect.get(object, name);
  return typeof method === 'function' ? (method as Method) : undefined;
};

/** The same iterator, followed from now on. */
const followIterator = (iterator: object, follower: StreamFollower): object => {
  const methods = [
    ['next', followedStep],
    ['return', followedReturn],
    ['throw', followedStep],
  ] as const;
  // One that cannot be changed gets a stand-in with the same three methods.
  const target = Object.isExtensible(iterator) ? iterator : { [Symbol.asyncIterator]: () => target };
  for (const [name, followed] of methods) {
    const method = methodOf(iterator, name);
    if (method !== undefined) put(target, name, followed(iterator, method, follower));
  }
  return target;
};

/** Whether it can be read by `for await`. */
export const isAsyncIterable = (value: object): value is AsyncIterable<unknown> =>
  Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function';

/**
 * Has an async iterable followed: the same object, with the methods by which it is read replaced on this one object. Where
 * the object is sealed, false: it stays as it is.
 */
export const followIterable = (iterable: AsyncIterable<unknown>, follower: StreamFollower): boolean => {
  if (!Object.isExtensible(iterable)) return false;
  if (methodOf(iterable, 'next') !== undefined) {
    followIterator(iterable, follower);
    return true;
  }
  const iterate = iterable[Symbol.asyncIterator];
  put(iterable, Symbol.asyncIterator, () =>
    followIterator(
      follower.inside(() => iterate.call(iterable)),
      follower,
    ),
  );
  return true;
};
