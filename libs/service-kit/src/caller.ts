import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '@kaizen-trace/settings';

const basicPassword = (encoded: string): string | undefined => {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at < 0 ? undefined : text.slice(at + 1);
};

/** The key that a request shows: as a bearer token or in `X-API-Key`. */
export const shownKey = (headers: IncomingHttpHeaders): string | undefined => {
  const bearer = /^bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
  const own = headers['x-api-key'];
  return bearer ?? (typeof own === 'string' ? own : undefined);
};

/** As {@link shownKey}, or as the password of a basic login, which is what a browser asks a person for. */
export const shownKeyOrPassword = (headers: IncomingHttpHeaders): string | undefined => {
  const basic = /^basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return basic === undefined ? shownKey(headers) : basicPassword(basic);
};

/** Whether whoever stands before a proxy is on this machine too: a proxy adds an address, and takes none away. */
const comesFromHere = (forwarded: string | readonly string[] = []): boolean =>
  [forwarded]
    .flat()
    .flatMap((each) => each.split(','))
    .every((address) => isLoopback(address.trim().replace(/^::ffff:/i, '')));

/** The host that a request names, in lower case, without port and brackets; empty where that is none. */
export const namedHost = ({ host = 'localhost' }: IncomingHttpHeaders): string => {
  const bare = /^(?:\[([^\]]+)\]|([^:]*))(?::\d+)?$/.exec(host);
  // A dot at the end makes it a full name, and no other.
  return (bare?.[1] ?? bare?.[2] ?? '').toLowerCase().replace(/\.$/, '');
};

/**
 * Whether a request names this machine as loopback, as far as its Host header says, and no proxy says that it comes from
 * another. A web page elsewhere that gives this machine a name of its own cannot make a browser say so.
 */
export const namesLoopback = (headers: IncomingHttpHeaders): boolean => {
  const name = namedHost(headers);
  return (isLoopback(name) || name.endsWith('.localhost')) && comesFromHere(headers['x-forwarded-for']);
};
