/** Kinds of characters, as far as the words that are looked for tell them apart; letters are 1 to 26, of either case. */
export const kinds = { other: 0, digit: 27, underscore: 28, hyphen: 29, blank: 30, stop: 31 } as const;

const kindBits = 5;
const kindCount = 1 << kindBits;
const isLetter = (kind: number): boolean => kind >= 1 && kind <= 26;

/** Every kind but letters and those that end the search anyway. */
export const besideLetters: readonly number[] = Object.values(kinds).filter((kind) => kind !== kinds.stop);

const kindOf = (code: number): number => {
  const letter = (code | 32) - 96;
  if (code > 64 && isLetter(letter)) return letter;
  if (code >= 48 && code <= 57) return kinds.digit;
  if (code === 95) return kinds.underscore;
  if (code === 45) return kinds.hyphen;
  if (code === 32 || (code >= 9 && code <= 13)) return kinds.blank;
  // What JSON writes as an escape could be anything, and an @ may follow a password.
  return code === 92 || code === 64 ? kinds.stop : kinds.other;
};

const kindOfCode = Uint8Array.from({ length: 128 }, (_, code) => kindOf(code));

/** A text as the kinds of its characters. */
export const kindsOf = (text: string): number[] =>
  Array.from(text, (character) => kindOfCode[character.charCodeAt(0)] ?? kinds.other);

/** So many digits in a row, single blanks or hyphens between them, end the search: the shortest card number. */
const cardDigits = 13;

/**
 * States as rows of one table: for each kind of character the place of the next state's row, so that finding it takes no
 * multiplication. The first row is the beginning; the second, `hit`, the end.
 */
interface Rows {
  readonly cells: Int32Array;
  /** Where the next row goes. */
  end: number;
}

const hit = kindCount;

const addRow = (rows: Rows): number => {
  const row = rows.end;
  rows.end += kindCount;
  return row;
};

const addWord = (rows: Rows, word: readonly number[]): void => {
  const { cells } = rows;
  const last = word.length - 1;
  let row = 0;
  for (const kind of word.slice(0, last)) {
    const cell = row + kind;
    if (cells[cell] === -1) cells[cell] = addRow(rows);
    row = cells[cell]!;
    if (row === hit) return;
  }
  cells[row + word[last]!] = hit;
};

/** Fills in where each state goes on when its word breaks off: to the longest beginning of another (Aho and Corasick). */
const complete = ({ cells, end }: Rows): void => {
  const fallbacks = new Int32Array(end / kindCount);
  const order = [0];
  // The list grows while it is gone through.
  for (const row of order) {
    const fallback = fallbacks[row >> kindBits]!;
    for (let kind = 0; kind < kindCount; kind += 1) {
      const next = cells[row + kind]!;
      const elsewhere = row === 0 ? 0 : cells[fallback + kind]!;
      if (next === -1) cells[row + kind] = elsewhere;
      else if (elsewhere === hit) cells[row + kind] = hit;
      else if (next !== hit) {
        order.push(next);
        fallbacks[next >> kindBits] = elsewhere;
      }
    }
  }
};

/** Beside the words, runs of digits: no word has a digit but at its end, so a digit begins a run from everywhere. */
const addDigits = (rows: Rows): void => {
  const { cells, end: wordsEnd } = rows;
  const like = (row: number): number => {
    const copy = addRow(rows);
    cells.copyWithin(copy, row, row + kindCount);
    return copy;
  };
  const afterHyphen = cells[kinds.hyphen]!;
  const afterBlank = cells[kinds.blank]!;
  let next = hit;
  for (let count = cardDigits - 1; count > 0; count -= 1) {
    const hyphen = like(afterHyphen);
    const blank = like(afterBlank);
    const digit = like(0);
    for (const row of [hyphen, blank, digit]) cells[row + kinds.digit] = next;
    cells[digit + kinds.hyphen] = hyphen;
    cells[digit + kinds.blank] = blank;
    next = digit;
  }
  for (let cell = kinds.digit; cell < wordsEnd; cell += kindCount)
    if (cells[cell] !== hit) cells[cell] = next;
};

/**
 * Finds out in one pass, of about a nanosecond a character, whether a text holds one of `words` (as {@link kindsOf}
 * gives them; a digit only at the end), a backslash, an `@`, or digits enough for a card.
 */
export const openWordFinder = (words: readonly (readonly number[])[]): ((text: string) => boolean) => {
  const wordRows = words.reduce((sum, word) => sum + word.length, 2);
  const cells = new Int32Array((wordRows + 3 * cardDigits) * kindCount).fill(-1);
  const rows: Rows = { cells, end: 2 * kindCount };
  for (const word of words) addWord(rows, word);
  for (let cell = kinds.stop; cell < rows.end; cell += kindCount) cells[cell] = hit;
  complete(rows);
  addDigits(rows);
  const table = cells.slice(0, rows.end);
  // The beginning of a text is a border, as `other` characters are.
  const first = table[kinds.other]!;
  return (text) => {
    let row = first;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      row = table[row | (code < 128 ? kindOfCode[code]! : kinds.other)]!;
      if (row === hit) return true;
    }
    return false;
  };
};
