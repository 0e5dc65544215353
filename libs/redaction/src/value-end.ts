const backslash = 92;

/** How many backslashes stand directly before `at`, not before `from`. */
const slashesBefore = (text: string, at: number, from: number): number => {
  let first = at;
  while (first > from && text.charCodeAt(first - 1) === backslash) first -= 1;
  return at - first;
};

/**
 * Where what stands in quotes from `from` on ends: at its closing quote, or at the text's end. `opening` is the quote with
 * the backslashes before it, as in JSON within JSON: one that is escaped further closes nothing.
 */
export const quotedEnd = (text: string, from: number, opening: string): number => {
  const quote = opening.at(-1) ?? '"';
  const level = opening.length - 1;
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    const slashes = slashesBefore(text, at, from);
    // Fewer than before the opening: what all of this stands in ends.
    if (slashes < level || (slashes - level) % (2 * (level + 1)) === 0) return at - Math.min(slashes, level);
  }
  return text.length;
};

/** Where the array or object that begins at `from` ends, behind its bracket; the text's end where it does not. */
export const bracketEnd = (text: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (character === '"') {
      const opening = text.slice(at - slashesBefore(text, at, from), at + 1);
      at = quotedEnd(text, at + 1, opening) + opening.length - 1;
    }
  }
  return text.length;
};

/** Behind the headers of a request, also where its line breaks are written as escapes. */
const lineBreak = /[\r\n]|(?:\\+r)?\\+n(?=[A-Za-z-]{1,64}:|["'\\]|$)/g;

export const lineEnd = (text: string, from: number): number => {
  lineBreak.lastIndex = from;
  return lineBreak.exec(text)?.index ?? text.length;
};

/** What closes something around a value, and is no part of it. */
export const closes = (character: string | undefined): boolean =>
  character !== undefined && '"\'`)]}>,;'.includes(character);

/** In a query a value ends sooner than at white space. */
export const isQueryEnd = (code: number): boolean =>
  code <= 32 || '&#"\'<>'.includes(String.fromCharCode(code));

export const isWhiteSpace = (code: number): boolean => code <= 32;

/** Words of a text, up to white space unless told. What was found is remembered, so that looking from within one costs nothing more. */
export class Words {
  readonly #text: string;
  readonly #isEnd: (code: number) => boolean;
  #from = 0;
  #end = 0;
  #lastDigit = -1;

  constructor(text: string, isEnd: (code: number) => boolean = isWhiteSpace) {
    this.#text = text;
    this.#isEnd = isEnd;
  }

  /** Where the word that has `from` in it ends. */
  end(from: number): number {
    if (from < this.#from || from >= this.#end) this.#look(from);
    return this.#end;
  }

  hasDigit(from: number): boolean {
    this.end(from);
    return this.#lastDigit >= from;
  }

  #look(from: number): void {
    let at = from;
    this.#lastDigit = -1;
    for (; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (this.#isEnd(code)) break;
      if (code >= 48 && code <= 57) this.#lastDigit = at;
    }
    this.#from = from;
    this.#end = at;
  }
}
