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

const hit = 1;

/** States as rows of one table: after each kind of character the next state. Row 0 is the beginning, row 1 the end. */
class Rows {
  readonly #rows: number[][] = [this.#empty(), this.#empty()];

  #empty(): number[] {
    return new Array<number>(kindCount).fill(-1);
  }

  add(row: readonly number[] = this.#empty()): number {
    return this.#rows.push([...row]) - 1;
  }

  row(state: number): number[] {
    return this.#rows[state]!;
  }

  /** States as the places of their rows, so that finding the next one takes no multiplication. */
  table(): Uint32Array {
    return Uint32Array.from(this.#rows.flat(), (state) => state << kindBits);
  }
}

const addWord = (rows: Rows, word: readonly number[]): void => {
  let state = 0;
  for (const [index, kind] of word.entries()) {
    const row = rows.row(state);
    if (row[kind] === hit) return;
    if (index === word.length - 1) row[kind] = hit;
    else if (row[kind] === -1) row[kind] = rows.add();
    state = row[kind]!;
  }
};

/** Fills in where each state goes on when its word breaks off: to the longest beginning of another (Aho and Corasick). */
const complete = (rows: Rows): void => {
  const queue: { state: number; fallback: number }[] = [{ state: 0, fallback: 0 }];
  for (const { state, fallback } of queue) {
    const row = rows.row(state);
    const other = [...rows.row(fallback)];
    for (const [kind, next] of row.entries()) {
      const elsewhere = state === 0 ? 0 : other[kind]!;
      if (elsewhere === hit || kind === kinds.stop) row[kind] = hit;
      else if (next === -1) row[kind] = elsewhere;
      else if (next !== hit) queue.push({ state: next, fallback: elsewhere });
    }
  }
};

/** Beside the words, runs of digits: no word has a digit but at its end, so a digit begins a run from everywhere. */
const addDigits = (rows: Rows, wordStates: number): void => {
  const start = rows.row(0);
  const afterHyphen = rows.row(start[kinds.hyphen]!);
  const afterBlank = rows.row(start[kinds.blank]!);
  let next = hit;
  for (let count = cardDigits - 1; count > 0; count -= 1) {
    const hyphen = rows.add(afterHyphen);
    const blank = rows.add(afterBlank);
    const digit = rows.add(start);
    for (const state of [hyphen, blank, digit]) rows.row(state)[kinds.digit] = next;
    rows.row(digit)[kinds.hyphen] = hyphen;
    rows.row(digit)[kinds.blank] = blank;
    next = digit;
  }
  for (let state = 0; state < wordStates; state += 1)
    if (state !== hit && rows.row(state)[kinds.digit] !== hit) rows.row(state)[kinds.digit] = next;
};

/**
 * Finds out in one pass, of about a nanosecond a character, whether a text holds one of `words` (as {@link kindsOf}
 * gives them; a digit only at the end), a backslash, an `@`, or digits enough for a card.
 */
export const openWordFinder = (words: readonly (readonly number[])[]): ((text: string) => boolean) => {
  const rows = new Rows();
  for (const word of words) addWord(rows, word);
  complete(rows);
  const wordStates = rows.add();
  addDigits(rows, wordStates);
  const table = rows.table();
  // The beginning of a text is a border, as `other` characters are.
  const first = table[kinds.other]!;
  const found = hit << kindBits;
  return (text) => {
    let state = first;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      state = table[state | (code < 128 ? kindOfCode[code]! : kinds.other)]!;
      if (state === found) return true;
    }
    return false;
  };
};
