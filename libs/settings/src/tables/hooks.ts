import { text } from '../parsers.js';
import { duration } from '../quantity-parsers.js';
import { setting, settingsGroup } from '../setting.js';
import { gatewayIntakeRows } from './gateway-intake.js';
import { clientRows } from './services.js';

/** What `kaizen-trace hook` needs. Durations in milliseconds. */
export interface HookSettings {
  /** Without a slash at its end. */
  readonly gatewayUrl: string;
  readonly apiKey: string | undefined;
  /** Unset: in the user's folder for state. */
  readonly spoolDirectory: string | undefined;
  readonly timeoutMs: number;
  readonly redaction: boolean;
  readonly redactKeys: readonly string[];
  readonly captureContent: boolean;
  readonly hookTrace: 'session' | 'prompt';
}

const { redaction, redactKeys, captureContent, hookTrace } = gatewayIntakeRows;

const rows = {
  spoolDirectory: setting({
    names: ['KAIZEN_HOOK_SPOOL'],
    parser: text(),
    about:
      'Directory where `kaizen-trace hook` keeps what the gateway did not take. Unset: `kaizen-trace/hooks` in `XDG_STATE_HOME` or `~/.local/state`.',
  }),
  timeoutMs: setting({
    names: ['KAIZEN_HOOK_TIMEOUT'],
    parser: duration({ min: 10, max: 60_000 }),
    default: 300,
    about: 'How long `kaizen-trace hook` may take in all; the agent waits for it.',
  }),
  redaction,
  redactKeys,
  captureContent,
  hookTrace,
};

/** A hook that runs beside the agent: where the gateway is, and how long that may take. */
export const hookSettings = settingsGroup(
  { ...rows, ...clientRows },
  ({ gatewayUrl, apiKeys, ...values }) => ({
    value: { ...values, gatewayUrl, apiKey: apiKeys[0] } satisfies HookSettings,
  }),
);
