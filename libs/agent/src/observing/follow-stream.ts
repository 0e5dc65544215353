import { errorMonitor, type EventEmitter } from 'node:events';
import { Stream } from 'node:stream';
import { followIterable, isAsyncIterable } from './follow-iterable.js';
import { followerOnce, type StreamFollower } from './stream-end.js';

/** Whether bytes are read from it into the reader's own buffer. Only asking tells. */
const isByteStream = (stream: ReadableStream): boolean => {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
};

/** A stream that gives what `source` gives, when it is asked for, and is followed. It takes the source for itself. */
const followedReadable = (
  source: ReadableStream<unknown>,
  follow: (stream: object) => StreamFollower,
): object => {
  const bytes = isByteStream(source);
  const reader = source.getReader();
  const pull = async (
    controller: ReadableStreamDefaultController | ReadableByteStreamController,
  ): Promise<void> => {
    let step;
    try {
      step = await follower.inside(() => reader.read());
    } catch (error) {
      await follower.end({ type: 'failed', error });
      throw error;
    }
    if (!step.done) {
      follower.item(step.value);
      controller.enqueue(step.value as never);
      return;
    }
    await follower.end({ type: 'finished' });
    controller.close();
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = async (reason: unknown): Promise<void> => {
    await follower.end({ type: 'abandoned' });
    await reader.cancel(reason);
  };
  const stream = bytes
    ? new ReadableStream({ type: 'bytes', pull, cancel }, { highWaterMark: 0 })
    : new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  const follower = follow(stream);
  return stream;
};

const followNodeStream = (stream: EventEmitter, follower: StreamFollower): void => {
  // The monitor sees an error without counting as one who handles it.
  stream.once(errorMonitor, (error: unknown) => void follower.end({ type: 'failed', error }));
  stream.once('end', () => void follower.end({ type: 'finished' }));
  stream.once('close', () => void follower.end({ type: 'abandoned' }));
};

/** Whether a value is a stream that has not ended, so that the operation that gave it goes on. */
export const isStream = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof ReadableStream) return !value.locked;
  if (value instanceof Stream) return 'readable' in value && value.readable === true;
  return isAsyncIterable(value);
};

/**
 * Has a stream followed to its end, its failure or the departure of its reader; answers what the caller gets instead:
 * the same object, but for a web `ReadableStream` another one that gives the same. Undefined where it cannot be followed.
 */
export const followStream = <Value extends object>(
  value: Value,
  follower: StreamFollower,
): Value | undefined => {
  if (value instanceof ReadableStream)
    return followedReadable(value, (stream) => followerOnce(follower, stream)) as Value;
  if (value instanceof Stream) {
    followNodeStream(value, followerOnce(follower, value));
    return value;
  }
  if (!isAsyncIterable(value) || !Object.isExtensible(value)) return undefined;
  followIterable(value, followerOnce(follower, value));
  return value;
};
