import { parsed, plainParser, wrong, type Parser } from '../parser.js';
import { flag, list, oneOf } from '../parsers.js';
import { byteSize } from '../quantity-parsers.js';
import { setting } from '../setting.js';

const redactedKey: Parser<string> = plainParser((value) =>
  /[a-z]/i.test(value) && value.length <= 128
    ? parsed(value)
    : wrong('not the name of a key', 'Write names such as customer_email, at most 128 characters each.'),
);

/** What OpenTelemetry's instrumentations know, older and newer; those that mean content on spans are true. */
const capture: Parser<boolean> = {
  parse: (value) => {
    const outcome = oneOf('true', 'span_only', 'span_and_event', 'false', 'event_only', 'no_content').parse(
      value,
    );
    if (outcome.type === 'wrong') return outcome;
    return parsed(['true', 'span_only', 'span_and_event'].includes(outcome.value));
  },
  show: String,
};

/** How a gateway treats what it takes, whichever way it came. */
export interface GatewayIntakeSettings {
  readonly redaction: boolean;
  /** Beside the usual ones. */
  readonly redactKeys: readonly string[];
  /** Whether prompts, answers, and what tools are given and give go into events made of hooks. */
  readonly captureContent: boolean;
  /** What one trace of Claude Code is. */
  readonly hookTrace: 'session' | 'prompt';
  /** Bytes of hooks that wait for the log. */
  readonly hookQueueBytes: number;
}

/** The rows of {@link GatewayIntakeSettings}. */
export const gatewayIntakeRows = {
  redaction: setting({
    names: ['KAIZEN_REDACTION'],
    parser: flag,
    default: true,
    about: 'Whether the gateway masks secrets in what it takes, by key and by form.',
  }),
  redactKeys: setting({
    names: ['KAIZEN_REDACT_KEYS'],
    parser: list(redactedKey),
    default: [],
    about:
      'More keys whose values are masked, with commas between: `customer_email` masks `customerEmail` too.',
  }),
  captureContent: setting({
    names: ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'],
    parser: capture,
    default: false,
    about: 'Whether prompts, answers, and what tools are given and give go into events made of hooks.',
  }),
  hookTrace: setting({
    names: ['KAIZEN_CLAUDE_CODE_TRACE'],
    parser: oneOf('session', 'prompt'),
    default: 'session',
    about: 'What becomes one trace of Claude Code: a whole `session`, or each `prompt`.',
  }),
  hookQueueBytes: setting({
    names: ['KAIZEN_HOOK_QUEUE'],
    parser: byteSize({ min: 64 * 1024, max: 1024 ** 3 }),
    default: 16 * 1024 ** 2,
    about:
      'Size of the hooks that wait in the gateway while the log is away; beyond it the oldest are dropped.',
  }),
};
