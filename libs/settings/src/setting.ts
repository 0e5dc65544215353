import type { Parser } from './parser.js';

/** One row of a settings table. */
export interface Setting<T> {
  readonly type: 'setting';
  /** The first of these that is set and not empty wins. The first is the one that messages recommend. */
  readonly names: readonly [string, ...string[]];
  readonly parser: Parser<T>;
  readonly default: T;
  /** One sentence for the README table. */
  readonly about: string;
  /** The value is never shown, not even where it is wrong, and is taken as written, spaces included. */
  readonly secret: boolean;
}

interface SettingDefinition<T> {
  readonly names: readonly [string, ...string[]];
  readonly parser: Parser<T>;
  readonly about: string;
  readonly secret?: boolean;
}

/** A row with a default, or, without one, a row whose value may be `undefined`. */
export function setting<T>(definition: SettingDefinition<T> & { readonly default: NoInfer<T> }): Setting<T>;
export function setting<T>(definition: SettingDefinition<T>): Setting<T | undefined>;
export function setting<T>(
  definition: SettingDefinition<T> & { readonly default?: T },
): Setting<T | undefined> {
  const { names, parser, about, secret = false } = definition;
  return {
    type: 'setting',
    names,
    parser: {
      parse: (text) => parser.parse(text),
      show: (value) => (value === undefined ? '' : parser.show(value)),
    },
    default: definition.default,
    about,
    secret,
  };
}

/** A mistake in the environment: which variable, what is wrong with it, and what to do. Holds no secret. */
export interface SettingProblem {
  readonly variable: string;
  readonly problem: string;
  readonly remedy: string;
}

/** Rows of any type, by the name that code reads them under. */
export type SettingRows = Readonly<Record<string, Readable>>;

/** What reading needs of a row, whatever its type. */
export interface Readable {
  readonly type: 'setting';
  readonly names: readonly [string, ...string[]];
  readonly parser: { parse(text: string): ReturnType<Parser<unknown>['parse']>; show(value: never): string };
  readonly default: unknown;
  readonly about: string;
  readonly secret: boolean;
}

/** The values of a set of rows. */
export type ValuesOf<Rows extends SettingRows> = {
  readonly [Key in keyof Rows]: Rows[Key] extends Setting<infer T> ? T : never;
};

/** For each row the variable that gave its value, `undefined` where the default holds. */
export type GivenBy<Rows extends SettingRows> = { readonly [Key in keyof Rows]: string | undefined };

/** What a group makes of its rows; `problems` are those that concern several variables together. */
export interface Compiled<T> {
  readonly value: T;
  readonly problems?: readonly SettingProblem[];
}

/** Rows that are read together into one value. */
export interface SettingsGroup<T> {
  readonly type: 'group';
  readonly rows: SettingRows;
  compile(
    values: Readonly<Record<string, unknown>>,
    given: Readonly<Record<string, string | undefined>>,
  ): Compiled<T>;
}

/**
 * Groups rows, with a function that makes them one value and may find mistakes between them. It also runs where single
 * rows are wrong, with their defaults, so that all mistakes are found at once; it must not throw.
 */
export const settingsGroup = <Rows extends SettingRows, T>(
  rows: Rows,
  compile: (values: ValuesOf<Rows>, given: GivenBy<Rows>) => Compiled<T>,
): SettingsGroup<T> => ({
  type: 'group',
  rows,
  compile: (values, given) => compile(values as ValuesOf<Rows>, given as GivenBy<Rows>),
});
