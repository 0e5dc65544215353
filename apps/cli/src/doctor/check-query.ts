import { printable } from '../commands/table.js';
import { reasonOf } from '../terminal/errors.js';
import { type Check, checkTimeoutMs } from './check.js';

const name = 'query';
const remedy = 'Start it with `npm start`, set KAIZEN_QUERY_PORT, or name it with --query-url';

/** A query API, and the key that is shown to it where there is one. The key is a secret. */
export interface QueryPlace {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
}

/** Asks the query API for a path, with the key; gives up after a few seconds. */
export const askQuery = ({ url, key }: QueryPlace, path: string): Promise<Response> =>
  fetch(`${url}${path}`, {
    signal: AbortSignal.timeout(checkTimeoutMs),
    ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
  });

const servicesIn = (text: string): readonly string[] | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('data' in value)) return undefined;
    if (value.data === null) return [];
    return Array.isArray(value.data) ? value.data.map(String) : undefined;
  } catch {
    return undefined;
  }
};

const shown = 5;

/** Spans of an agent may be there under another name than the one looked for. */
const judge = (url: string, services: readonly string[], wanted: string | undefined): Check => {
  if (wanted === undefined || services.includes(wanted)) {
    const detail = `${url} answers; ${services.length} ${services.length === 1 ? 'service' : 'services'}`;
    return { name, outcome: 'ok', detail };
  }
  const known = [...services].sort().slice(0, shown).map(printable).join(', ');
  const more = services.length > shown ? ' and others' : '';
  const detail = `${url} has no spans of service ${wanted}; it has ${known === '' ? 'none at all' : `${known}${more}`}`;
  const what = 'Look under the service of the events or of enableObservability: it wins over SERVICE_NAME';
  return { name, outcome: 'warned', detail, remedy: what };
};

const refused = ({ url, key }: QueryPlace): Check => ({
  name,
  outcome: 'failed',
  detail: `${url} wants ${key === undefined ? 'a' : 'another'} key (answer 401)`,
  remedy: 'Set KAIZEN_QUERY_KEYS to one of the keys that it was started with',
});

/**
 * Whether Jaeger's query API answers, and how many services it knows; where a service is named, whether it is among
 * them.
 */
export const checkQuery = async (place: QueryPlace, service: string | undefined): Promise<Check> => {
  const { url } = place;
  try {
    const response = await askQuery(place, '/api/services');
    if (response.status === 401) return refused(place);
    const services = response.ok ? servicesIn(await response.text()) : undefined;
    if (services === undefined) {
      const detail = `${url} answers ${response.status}, but not as Jaeger's query API does`;
      return { name, outcome: 'failed', detail, remedy };
    }
    return judge(url, services, service);
  } catch (error) {
    return { name, outcome: 'failed', detail: `${url} does not answer (${reasonOf(error)})`, remedy };
  }
};
