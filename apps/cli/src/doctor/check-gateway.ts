import type { ClientSettings } from '@kaizen-trace/settings';
import { reasonOf } from '../terminal/errors.js';
import { type Check, checkTimeoutMs } from './check.js';

const name = 'gateway';
const start = 'Start it with `npm start`, or set KAIZEN_GATEWAY_URL';

/** An empty body is refused with a report by the gateway alone, and appends nothing. */
const tryIngest = async ({ gatewayUrl, apiKey }: ClientSettings): Promise<Check> => {
  const response = await fetch(`${gatewayUrl}/v1/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-ndjson',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    signal: AbortSignal.timeout(checkTimeoutMs),
  });
  const text = await response.text();
  const { status } = response;
  if (status === 400 && text.includes('"rejected"'))
    return { name, outcome: 'ok', detail: `${gatewayUrl} takes events` };
  if (status === 401 || status === 403) {
    const remedy =
      apiKey === undefined
        ? 'Set KAIZEN_API_KEY'
        : 'Compare KAIZEN_API_KEY with the gateway’s KAIZEN_API_KEYS';
    return {
      name,
      outcome: 'failed',
      detail: `${gatewayUrl} wants ${apiKey === undefined ? 'a' : 'another'} key (${status})`,
      remedy,
    };
  }
  if (status === 429)
    return { name, outcome: 'ok', detail: `${gatewayUrl} takes events, and is busy now (429)` };
  return {
    name,
    outcome: 'failed',
    detail: `${gatewayUrl} answers ${status}: it is not the gateway`,
    remedy: start,
  };
};

/** Whether the gateway answers, is ready, and takes events from this client. */
export const checkGateway = async (client: ClientSettings): Promise<Check> => {
  const { gatewayUrl } = client;
  try {
    const ready = await fetch(`${gatewayUrl}/readyz`, { signal: AbortSignal.timeout(checkTimeoutMs) });
    const text = await ready.text();
    if (ready.status === 503) {
      const detail = `${gatewayUrl} answers, but is not ready: ${text.slice(0, 300)}`;
      return {
        name,
        outcome: 'failed',
        detail,
        remedy: 'See its log; most often the event log cannot be reached',
      };
    }
    return await tryIngest(client);
  } catch (error) {
    return {
      name,
      outcome: 'failed',
      detail: `${gatewayUrl} does not answer (${reasonOf(error)})`,
      remedy: start,
    };
  }
};
