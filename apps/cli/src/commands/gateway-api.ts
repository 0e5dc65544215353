import { clientSettings, defineSettings, describeProblems, readSettings } from '@kaizen-trace/settings';
import { reasonOf } from '../terminal/errors.js';
import { CommandError, type CommandContext } from '../terminal/io.js';

/** The gateway's operating API. */
export interface GatewayApi {
  /**
   * Asks, and gives the answer as JSON.
   *
   * @throws CommandError where there is none; its message says what to do.
   */
  ask(path: string, parameters: Parameters): Promise<unknown>;
  /** Sends JSON; a 503 that has a report is an answer too. @throws CommandError as `ask`. */
  send(path: string, body: unknown): Promise<unknown>;
}

type Parameters = Readonly<Record<string, string | undefined>>;

const settingsTable = defineSettings({ client: clientSettings });

const messageOf = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message
    : undefined;

const remedyFor = (status: number, url: string, body: unknown): string => {
  const message = messageOf(body);
  switch (status) {
    case 401:
      return `the gateway at ${url} wants a key: set KAIZEN_API_KEY`;
    case 404:
    case 405:
      return message?.startsWith('no dead letter') === true
        ? message
        : `what answers at ${url} has no operating API (${status}): set KAIZEN_GATEWAY_URL, or bring the gateway up to date`;
    default:
      return `the gateway at ${url} answered ${status}${message === undefined ? '' : `: ${message}`}`;
  }
};

const readJson = async (response: Response): Promise<unknown> => {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
};

const isReport = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'redriven' in body && 'failure' in body;

/** The gateway that the environment names. @throws CommandError where a setting is wrong. */
export const openGatewayApi = ({ env, signal }: Pick<CommandContext, 'env' | 'signal'>): GatewayApi => {
  const reading = readSettings(settingsTable, env);
  if (reading.type === 'refused') throw new CommandError(describeProblems(reading.problems));
  const { gatewayUrl, apiKey } = reading.settings.client;
  const key = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };

  const fetched = async (path: string, request: RequestInit): Promise<Response> => {
    try {
      return await fetch(`${gatewayUrl}${path}`, { ...request, signal });
    } catch (error) {
      if (signal.aborted) throw new CommandError('interrupted');
      throw new CommandError(
        `the gateway at ${gatewayUrl} does not answer (${reasonOf(error)}): start it (npm start), or set KAIZEN_GATEWAY_URL`,
        { cause: error },
      );
    }
  };

  return {
    ask: async (path, parameters) => {
      const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
      const query = new URLSearchParams(given as [string, string][]);
      const response = await fetched(`${path}?${String(query)}`, { headers: key });
      const body = await readJson(response);
      if (response.status !== 200) throw new CommandError(remedyFor(response.status, gatewayUrl, body));
      return body;
    },
    send: async (path, body) => {
      const headers = { ...key, 'content-type': 'application/json' };
      const response = await fetched(path, { method: 'POST', headers, body: JSON.stringify(body) });
      const answer = await readJson(response);
      if (response.status === 200 || (response.status === 503 && isReport(answer))) return answer;
      throw new CommandError(remedyFor(response.status, gatewayUrl, answer));
    },
  };
};
