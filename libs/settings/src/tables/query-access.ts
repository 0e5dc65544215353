import { host, isLoopback } from '../network-parsers.js';
import { parsed, wrong, type Parser } from '../parser.js';
import { flag, headerKey, list } from '../parsers.js';
import { setting, type SettingProblem } from '../setting.js';

/** To whom something is open without keys: nobody beyond this machine, everybody, or who asks under one of these names. */
export type OpenTo = boolean | readonly string[];

const names = list(host);

/** `true`, `false`, or host names with commas between, which come in lower case. */
const openTo: Parser<OpenTo> = {
  parse: (value) => {
    const asFlag = flag.parse(value);
    if (asFlag.type === 'parsed') return asFlag;
    const asNames = names.parse(value);
    return asNames.type === 'parsed'
      ? parsed(asNames.value.map((name) => name.toLowerCase()))
      : wrong('neither true, false nor host names', 'Write true, or host names with commas between.');
  },
  show: (value) => (typeof value === 'boolean' ? String(value) : names.show(value)),
};

/** Where the query API and console listen, and who may ask there. */
export interface QueryAccess {
  readonly queryHost: string;
  /** Keys that they want; empty: none. */
  readonly queryKeys: readonly string[];
  /** Whether they may listen on more than loopback without keys, and under which names they are asked then. */
  readonly queryOpen: OpenTo;
}

/** The rows behind {@link QueryAccess}. */
export const queryAccessRows = {
  queryHost: setting({
    names: ['KAIZEN_QUERY_HOST', 'KAIZEN_BIND_HOST'],
    parser: host,
    default: '127.0.0.1',
    about:
      'Address on which the query API and console listen; anything but loopback wants `KAIZEN_QUERY_KEYS` or `KAIZEN_QUERY_OPEN`.',
  }),
  queryKeys: setting({
    names: ['KAIZEN_QUERY_KEYS'],
    parser: list(headerKey),
    default: [],
    secret: true,
    about:
      'Keys for the query API and console, with commas between: as a bearer token, or as the password of a browser’s login. Unset: none is asked for.',
  }),
  queryOpen: setting({
    names: ['KAIZEN_QUERY_OPEN'],
    parser: openTo,
    default: false,
    about:
      'Whether the query API and console may listen on more than loopback without keys: `true`, or, with commas between, the host names beside `localhost` under which they answer then.',
  }),
} as const;

/** What is wrong where they would be open to others without that being said. */
export const queryOpenToOthers = ({
  queryHost,
  queryKeys,
  queryOpen,
}: QueryAccess): readonly SettingProblem[] =>
  queryOpen !== false || queryKeys.length > 0 || isLoopback(queryHost)
    ? []
    : [
        {
          variable: 'KAIZEN_QUERY_KEYS',
          problem: `is not set, but the query API and console would listen on ${queryHost}, open to others`,
          remedy: 'Set a key, or KAIZEN_QUERY_HOST=127.0.0.1, or KAIZEN_QUERY_OPEN=true if that is meant.',
        },
      ];
