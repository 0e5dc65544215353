/** Digits in groups, joined by single spaces or hyphens; no letter, digit, dot or underscore on either side. */
const run = /(?<![\w.])\d+(?:[ -]\d+)*(?![\w]|\.\d)/g;

const digits = { fewest: 13, most: 19 } as const;

/** The check digit of card numbers (Luhn): every second digit from the right counts double. */
const hasCheckDigit = (number: string): boolean => {
  let sum = 0;
  for (let index = 0; index < number.length; index += 1) {
    const digit = number.charCodeAt(number.length - 1 - index) - 48;
    const counted = index % 2 === 0 ? digit : digit * 2;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
};

/** Issuers' numbers begin with 2 to 6; times in milliseconds to nanoseconds begin with 1. */
const isCard = (number: string): boolean => /^[2-6]/.test(number) && hasCheckDigit(number);

/** How many groups from `from` on make a card number, or 0. */
const cardAt = (groups: readonly string[], from: number): number => {
  let number = '';
  for (let index = from; index < groups.length; index += 1) {
    number += groups[index] ?? '';
    if (number.length > digits.most) return 0;
    if (number.length >= digits.fewest && isCard(number)) return index - from + 1;
    // Cards are written in groups of four or more, but for the last: a date before one is no part of it.
    if ((groups[index]?.length ?? 0) < 4) return 0;
  }
  return 0;
};

const maskRun = (text: string, mask: string): string => {
  if (text.length < digits.fewest) return text;
  const parts = text.split(/([ -])/);
  const groups = parts.filter((_, index) => index % 2 === 0);
  let masked = '';
  for (let index = 0; index < groups.length;) {
    const length = cardAt(groups, index);
    const separator = index === 0 ? '' : (parts[index * 2 - 1] ?? '');
    masked += separator + (length === 0 ? (groups[index] ?? '') : mask);
    index += Math.max(length, 1);
  }
  return masked;
};

/** The text with each card number masked: 13 to 19 digits, also in groups, whose check digit is right. */
export const maskCards = (text: string, mask: string): string =>
  text.replace(run, (found) => maskRun(found, mask));
