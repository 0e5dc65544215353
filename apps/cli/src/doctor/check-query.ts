import { printable } from '../commands/table.js';
import { reasonOf } from '../terminal/errors.js';
import { type Check, checkTimeoutMs } from './check.js';

const name = 'query';
const remedy = 'Start it with `npm start`, set KAIZEN_QUERY_PORT, or name it with --query-url';

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

/**
 * Whether Jaeger's query API answers, and how many services it knows; where a service is named, whether it is among
 * them.
 */
export const checkQuery = async (url: string, service: string | undefined): Promise<Check> => {
  try {
    const response = await fetch(`${url}/api/services`, { signal: AbortSignal.timeout(checkTimeoutMs) });
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
