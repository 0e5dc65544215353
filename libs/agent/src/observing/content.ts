/** In UTF-16 units: a quarter of what one event may hold, at four bytes each. */
const longestContent = 32_768;

/**
 * Whether prompts, completions, arguments and results may go into events: the variable of OpenTelemetry's GenAI
 * conventions, which has to say `true`. Read each time, so that it can be switched in a test or at run time.
 */
export const contentAllowed = (): boolean =>
  /^true$/i.test(process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT ?? '');

/** A value as text: itself where it is text, else JSON; cut where it is long, and absent where there is no such text. */
export const contentText = (value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  try {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (typeof text !== 'string') return undefined;
    return text.length <= longestContent ? text : `${text.slice(0, longestContent - 1)}…`;
  } catch {
    return undefined;
  }
};

/** How a value goes into an event's data. */
export type ContentForm = (value: unknown) => Readonly<Record<string, string>> | undefined;

/** As text under a key. */
export const asText =
  (key: string): ContentForm =>
  (value) => {
    const text = contentText(value);
    return text === undefined ? undefined : { [key]: text };
  };

/** As a list of one message, in the form of the GenAI conventions. */
export const asMessages =
  (key: string, role: 'user' | 'assistant'): ContentForm =>
  (value) => {
    const content = contentText(value);
    return content === undefined
      ? undefined
      : { [key]: JSON.stringify([{ role, parts: [{ type: 'text', content }] }]) };
  };
