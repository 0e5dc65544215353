import { reasonOf } from '../terminal/errors.js';
import { type Check, checkTimeoutMs } from './check.js';

const name = 'query';
const remedy = 'Start it with `npm start`, set KAIZEN_QUERY_PORT, or name it with --query-url';

const serviceCount = (text: string): number | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('data' in value)) return undefined;
    if (value.data === null) return 0;
    return Array.isArray(value.data) ? value.data.length : undefined;
  } catch {
    return undefined;
  }
};

/** Whether Jaeger's query API answers, and how many services it knows. */
export const checkQuery = async (url: string): Promise<Check> => {
  try {
    const response = await fetch(`${url}/api/services`, { signal: AbortSignal.timeout(checkTimeoutMs) });
    const services = response.ok ? serviceCount(await response.text()) : undefined;
    if (services === undefined) {
      const detail = `${url} answers ${response.status}, but not as Jaeger's query API does`;
      return { name, outcome: 'failed', detail, remedy };
    }
    return {
      name,
      outcome: 'ok',
      detail: `${url} answers; ${services} ${services === 1 ? 'service' : 'services'}`,
    };
  } catch (error) {
    return { name, outcome: 'failed', detail: `${url} does not answer (${reasonOf(error)})`, remedy };
  }
};
