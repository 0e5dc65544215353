import { httpUrl } from '../network-parsers.js';
import { port } from '../parsers.js';
import { setting, settingsGroup } from '../setting.js';
import { queryAccessRows, queryOpenToOthers, type QueryAccess } from './query-access.js';
import { clientRows } from './services.js';

/** The console as a service of its own. URLs have no slash at their end. */
export interface ConsoleSettings extends QueryAccess {
  readonly consolePort: number;
  /** Whose query API it shows. */
  readonly jaegerUrl: string;
  /** Whose operating API it shows. */
  readonly gatewayUrl: string;
  /** What it shows the gateway for those who show no key of their own. */
  readonly gatewayKey: string | undefined;
}

/** Where the console listens, who may ask, and whom it asks itself. Where several gateway keys are set, the first one counts. */
export const consoleSettings = settingsGroup(
  {
    consolePort: setting({
      names: ['KAIZEN_CONSOLE_PORT'],
      parser: port,
      default: 8080,
      about: 'Port of the console as a service of its own; 0: any free one.',
    }),
    jaegerUrl: setting({
      names: ['JAEGER_QUERY_URL'],
      parser: httpUrl,
      default: 'http://localhost:16686',
      about: 'Jaeger, or a trace store, whose query API the console shows as a service of its own.',
    }),
    ...queryAccessRows,
    ...clientRows,
  },
  ({ apiKeys, ...values }) => ({
    value: { ...values, gatewayKey: apiKeys[0] } satisfies ConsoleSettings,
    problems: queryOpenToOthers(values),
  }),
);
