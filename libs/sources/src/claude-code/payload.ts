/** What Claude Code sends to a hook, as far as every event has it. Everything else is read where it is needed. */
export interface HookPayload {
  readonly event: string;
  readonly session: string;
  /** The prompt that everything until the next one belongs to. */
  readonly prompt: string | undefined;
  /** The subagent in which it happened; undefined: the main one. */
  readonly subagent: string | undefined;
  readonly agentType: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

const longestId = 200;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The member as an object; an empty one where it is none. */
export const objectIn = (fields: unknown, name: string): Readonly<Record<string, unknown>> => {
  const value = isObject(fields) && Object.hasOwn(fields, name) ? fields[name] : undefined;
  return isObject(value) ? value : {};
};

/** The member where it is a text that is not empty, cut at `longest` UTF-16 units. */
export const textIn = (
  fields: Readonly<Record<string, unknown>>,
  name: string,
  longest = 1_024,
): string | undefined => {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'string' && value !== '' ? value.slice(0, longest).toWellFormed() : undefined;
};

/** The member where it is a finite number. */
export const numberIn = (fields: Readonly<Record<string, unknown>>, name: string): number | undefined => {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

/** Reads what every hook has; undefined where it is no hook of Claude Code. Never throws on parsed JSON. */
export const readPayload = (payload: unknown): HookPayload | undefined => {
  if (!isObject(payload)) return undefined;
  const event = textIn(payload, 'hook_event_name', 64);
  const session = textIn(payload, 'session_id', longestId);
  if (event === undefined || session === undefined) return undefined;
  return {
    event,
    session,
    prompt: textIn(payload, 'prompt_id', longestId),
    subagent: textIn(payload, 'agent_id', longestId),
    agentType: textIn(payload, 'agent_type', 128),
    fields: payload,
  };
};
