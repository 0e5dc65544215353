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

/** How the numbers of each issuer begin, and how long they are. One in ten of all ids has a right check digit. */
const issuers: readonly RegExp[] = [
  // Visa
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  // Mastercard
  /^(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$/,
  // American Express
  /^3[47]\d{13}$/,
  // Discover
  /^(?:6011|64[4-9]\d|65\d\d)\d{12}$/,
  // JCB
  /^35(?:2[89]|[3-8]\d)\d{12}$/,
  // Diners Club
  /^3(?:0[0-5]|[689]\d)\d{11}$/,
  // UnionPay
  /^62\d{14}(?:\d{3})?$/,
  // Maestro
  /^(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}$/,
];

const isCard = (number: string): boolean =>
  hasCheckDigit(number) && issuers.some((issuer) => issuer.test(number));

/** Whether a number that was no text is a card's; one that is rounded is not looked at. */
export const isCardNumber = (value: number): boolean => Number.isSafeInteger(value) && isCard(String(value));

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

/** The text with each card number masked: its issuer's beginning and length, also in groups, and a right check digit. */
export const maskCards = (text: string, mask: string): string =>
  text.replace(run, (found) => maskRun(found, mask));
