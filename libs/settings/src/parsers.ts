import { parsed, plainParser, wrong, type Parser } from './parser.js';

/** Text of bounded length, 1 to `max` UTF-16 units. */
export const text = (max = 4096): Parser<string> =>
  plainParser((value) =>
    value.length <= max ? parsed(value) : wrong(`longer than ${max} characters`, `Shorten it to ${max}.`),
  );

/**
 * A key that travels in a header: 1 to 512 printable characters of ASCII. One that no header can carry would be quoted by
 * the error of whatever sends it.
 */
export const headerKey: Parser<string> = plainParser((value) =>
  /^[\x20-\x7e]{1,512}$/.test(value)
    ? parsed(value)
    : wrong(
        'no key that a header can carry',
        'Write 1 to 512 printable ASCII characters, without a line break; `kaizen-trace keys new` makes such a key.',
      ),
);

/** A whole number within bounds, both inclusive. */
export const wholeNumber = (min: number, max: number): Parser<number> =>
  plainParser((value) => {
    const number = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
    if (number >= min && number <= max) return parsed(number);
    return wrong('not a whole number in range', `Write a whole number from ${min} to ${max}.`);
  });

/** A TCP port; 0 stands for any free one. */
export const port: Parser<number> = plainParser((value) => {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
  if (number <= 65_535) return parsed(number);
  return value.startsWith('tcp://')
    ? wrong(
        'not a port but the address that Kubernetes injects for a service of that name',
        'Set enableServiceLinks: false in the pod, or set the variable yourself.',
      )
    : wrong('not a port', 'Write a number from 0 to 65535; 0 takes any free port.');
});

/** `true`, `1`, `yes`, `on`, or `false`, `0`, `no`, `off`, in any case. */
export const flag: Parser<boolean> = plainParser((value) => {
  const lower = value.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(lower)) return parsed(true);
  if (['false', '0', 'no', 'off'].includes(lower)) return parsed(false);
  return wrong('neither true nor false', 'Write true or false.');
});

/** One of the given words, in any case; the value is the word as given here. */
export const oneOf = <const Word extends string>(...words: readonly Word[]): Parser<Word> =>
  plainParser((value) => {
    const found = words.find((word) => word.toLowerCase() === value.toLowerCase());
    return found === undefined
      ? wrong('not one of the known values', `Write one of: ${words.join(', ')}.`)
      : parsed(found);
  });

/** Comma-separated items, each read by `item`; blanks around commas do not count, empty items are left out. */
export const list = <T>(item: Parser<T>): Parser<readonly T[]> => ({
  parse: (value) => {
    const parts = value.split(',').map((part) => part.trim());
    const values: T[] = [];
    for (const [index, part] of parts.entries()) {
      if (part === '') continue;
      const outcome = item.parse(part);
      if (outcome.type === 'wrong') return wrong(`item ${index + 1} is ${outcome.problem}`, outcome.remedy);
      values.push(outcome.value);
    }
    return values.length > 0
      ? parsed(values)
      : wrong('a list without items', 'Write items with commas between.');
  },
  show: (values) => values.map((value) => item.show(value)).join(','),
});

/** An event type, lower-cased, as an event would carry it. */
export const eventType: Parser<string> = plainParser((value) => {
  const lower = value.toLowerCase();
  if (/^[a-z][a-z0-9_.-]{0,127}$/.test(lower) && lower !== 'pre_' && lower !== 'post_') return parsed(lower);
  return wrong('not an event type', 'Write types such as pre_tool_use,post_tool_use.');
});

/** Letters, digits, `.`, `_`, `-`: what Kafka allows in names. `max` counts characters. */
export const topicName = (max: number): Parser<string> =>
  plainParser((value) =>
    /^[A-Za-z0-9._-]+$/.test(value) && value.length <= max
      ? parsed(value)
      : wrong('not a name that Kafka allows', `Use letters, digits, '.', '_' and '-', at most ${max}.`),
  );
