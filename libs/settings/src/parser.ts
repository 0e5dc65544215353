/** How reading one value ended. `problem` never repeats the value, which may be a secret. */
export type ParseOutcome<T> =
  | { readonly type: 'parsed'; readonly value: T }
  | { readonly type: 'wrong'; readonly problem: string; readonly remedy: string };

/** Turns the text of a variable into a value. Total: it never throws, and the same text gives the same outcome. */
export interface Parser<T> {
  parse(text: string): ParseOutcome<T>;
  /** How the value would be written in the environment; what the README shows as default. */
  show(value: T): string;
}

/** An outcome with a value. */
export const parsed = <T>(value: T): ParseOutcome<T> => ({ type: 'parsed', value });

/** An outcome that says what is wrong, without the value, and what to write instead. */
export const wrong = (problem: string, remedy: string): ParseOutcome<never> => ({
  type: 'wrong',
  problem,
  remedy,
});

/** A parser whose values are shown as they print. */
export const plainParser = <T extends string | number | boolean>(
  parse: (text: string) => ParseOutcome<T>,
): Parser<T> => ({ parse, show: String });
