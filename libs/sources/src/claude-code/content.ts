/** The most of one text that goes into an event, in UTF-16 units: with all others it stays within an event's size. */
const longest = 32_768;

const cut = (text: string): string => text.slice(0, longest).toWellFormed();

/** A value as text: a string as it is, anything else as JSON, cut at 32,768 characters. */
export const contentText = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : cut(value);
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? undefined : cut(text);
  } catch {
    return undefined;
  }
};

/** One message as OpenTelemetry's conventions write a list of messages. */
export const messages = (role: 'user' | 'assistant', value: unknown): string | undefined => {
  const content = contentText(value);
  return content === undefined ? undefined : JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
};

/** The first line of an error, cut at 200 characters: what follows is often the output of a command. */
export const firstLine = (text: string): string => {
  const [line = ''] = text.trimStart().split(/\r?\n/, 1);
  return line.slice(0, 200).toWellFormed();
};
