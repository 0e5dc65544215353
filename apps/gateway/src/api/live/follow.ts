import { HttpException, HttpStatus } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { EventStream, EventStreams } from './event-streams.js';
import type { Looked, SharedLook } from './shared-look.js';

/** Takes the answer over as a stream. @throws HttpException with 429 where too many listen already. */
export const streamTo = (streams: EventStreams, reply: FastifyReply): EventStream => {
  const stream = streams.open(reply);
  if (stream !== undefined) return stream;
  void reply.header('retry-after', '5');
  throw new HttpException(
    'too many listen already; close another view, or try again later',
    HttpStatus.TOO_MANY_REQUESTS,
  );
};

const texts = new WeakMap<object, string>();

/** The text of a look, made once however many follow it. */
const textOf = (value: object): string => {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
};

/**
 * Sends each look as an event `snapshot`, and where a look failed an event `problem` with a message for people; goes on
 * until the client is gone.
 */
export const followLook = <T extends object>(
  stream: EventStream,
  look: SharedLook<T>,
  problemOf: (cause: unknown) => string,
): void => {
  const listener = (outcome: Looked<T>): void => {
    if (outcome.type === 'seen') stream.send('snapshot', textOf(outcome.value));
    else stream.send('problem', JSON.stringify({ message: problemOf(outcome.cause) }));
  };
  stream.onClose(look.follow(listener));
};
