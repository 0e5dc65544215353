const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** At most `max` UTF-16 units of a text, never half of a surrogate pair. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const splits = max > 0 && isHighSurrogate(text.charCodeAt(max - 1)) && isLowSurrogate(text.charCodeAt(max));
  return text.slice(0, splits ? max - 1 : max);
};
