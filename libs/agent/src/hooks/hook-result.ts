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
    return resultOf(data === undefined ? { success: true } : { success: true, data });
  }

  /**
   * The failure that a thrown value stands for, with its class, its message and its stack, cut where they are longer than
   * an event should carry. Never throws, whatever was thrown.
   */
  static failed(thrown: unknown): HookResult {
    try {
      const { error, errorType, stack } = failureOf(thrown);
      return resultOf({
        success: false,
        error: cut(error),
        ...(errorType === undefined ? {} : { errorType }),
        ...(stack === undefined ? {} : { stack: cut(stack) }),
      });
    } catch {
      return resultOf({ success: false, error: 'a value was thrown that cannot be read' });
    }
  }
}

// A class that names itself within its body is bundled under another name.
const resultOf = (init: HookResultInit): HookResult => new HookResult(init);

/** In UTF-16 units. Beyond the length of any attribute unless told, and far below what one event may hold. */
const longest = 16_384;

const cut = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest - 1)}…`);

/** Not by `instanceof`: errors come from other realms too. */
const isErrorLike = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' &&
  thrown !== null &&
  'message' in thrown &&
  typeof thrown.message === 'string' &&
  'name' in thrown &&
  typeof thrown.name === 'string';

/** Most classes derived from Error leave `name` as it was, and would all be called the same. */
const classOf = (thrown: Error): string => {
  if (thrown.name !== 'Error') return thrown.name;
  const own: unknown = thrown.constructor.name;
  return typeof own === 'string' && own !== '' ? own : thrown.name;
};

const failureOf = (thrown: unknown): Pick<HookResultInit, 'errorType' | 'stack'> & { error: string } => {
  if (!isErrorLike(thrown)) {
    const text = String(thrown);
    return { error: text === '' ? 'an empty value was thrown' : text };
  }
  const errorType = classOf(thrown);
  const error = thrown.message === '' ? errorType || 'Error' : thrown.message;
  return {
    error,
    ...(errorType === '' ? {} : { errorType }),
    ...(typeof thrown.stack === 'string' ? { stack: thrown.stack } : {}),
  };
};
