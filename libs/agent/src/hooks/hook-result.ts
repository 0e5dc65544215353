/** What a hook, or an operation, came to. */
export interface HookResultInit {
  readonly success: boolean;
  /** Required where `success` is false. */
  readonly error?: string;
  /** The class of the error, such as `TimeoutError`. */
  readonly errorType?: string;
  readonly stack?: string;
  /** Merged into the event's `data`, whose own fields win. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** How long it took, in milliseconds. */
  readonly durationMs?: number;
}

/**
 * The outcome of a hook or of an operation.
 *
 * @throws TypeError where `success` is no boolean, or false without a non-empty `error`.
 */
export class HookResult implements HookResultInit {
  readonly success: boolean;
  declare readonly error?: string;
  declare readonly errorType?: string;
  declare readonly stack?: string;
  declare readonly data?: Readonly<Record<string, unknown>>;
  declare readonly durationMs?: number;

  constructor(init: HookResultInit) {
    if (typeof init.success !== 'boolean') throw new TypeError('HookResult.success must be true or false');
    if (!init.success && (typeof init.error !== 'string' || init.error === ''))
      throw new TypeError('HookResult.error is required where success is false: say what failed');
    this.success = init.success;
    if (init.error !== undefined) this.error = init.error;
    if (init.errorType !== undefined) this.errorType = init.errorType;
    if (init.stack !== undefined) this.stack = init.stack;
    if (init.data !== undefined) this.data = init.data;
    if (init.durationMs !== undefined) this.durationMs = init.durationMs;
  }

  /** A success, with what it gave. */
  static succeeded(data?: Readonly<Record<string, unknown>>): HookResult {
    return new HookResult(data === undefined ? { success: true } : { success: true, data });
  }

  /** The failure that a thrown value stands for. Never throws, whatever was thrown. */
  static failed(thrown: unknown): HookResult {
    try {
      if (!(thrown instanceof Error)) return new HookResult({ success: false, error: textOf(thrown) });
      const { name, message, stack } = thrown;
      return new HookResult({
        success: false,
        error: message === '' ? name : message,
        errorType: name,
        ...(typeof stack === 'string' ? { stack } : {}),
      });
    } catch {
      return new HookResult({ success: false, error: 'a value was thrown that cannot be read' });
    }
  }
}

const textOf = (thrown: unknown): string => {
  const text = String(thrown);
  return text === '' ? 'an empty value was thrown' : text;
};
