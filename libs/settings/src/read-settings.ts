import type { Readable, Setting, SettingProblem, SettingRows, SettingsGroup } from './setting.js';

/** Where values come from: a copy of `process.env`, or any other object of strings. An empty string counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Rows and groups, by the name that code reads them under. */
export type SettingEntries = Readonly<Record<string, Readable | SettingsGroup<unknown>>>;

/** What reading a table gives, frozen all the way down. */
export type SettingsOf<Entries extends SettingEntries> = {
  readonly [Key in keyof Entries]: Entries[Key] extends SettingsGroup<infer T>
    ? T
    : Entries[Key] extends Setting<infer T>
      ? T
      : never;
};

/** What a program reads from its environment. */
export interface SettingsTable<Entries extends SettingEntries = SettingEntries> {
  readonly entries: Entries;
}

/** All settings, or every mistake. */
export type ReadOutcome<T> =
  | { readonly type: 'ok'; readonly settings: T }
  | { readonly type: 'refused'; readonly problems: readonly SettingProblem[] };

/** A table that {@link readSettings} reads and {@link settingsMarkdown} documents. Costs nothing and checks nothing. */
export const defineSettings = <Entries extends SettingEntries>(entries: Entries): SettingsTable<Entries> => ({
  entries,
});

const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  // Only what settings are built of: URL and the like keep their inner state elsewhere.
  if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
};

const shown = (row: Readable, value: string): string =>
  row.secret || value.includes('@')
    ? 'a value that is not shown here'
    : JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);

interface RowReading {
  readonly value: unknown;
  readonly given: string | undefined;
  readonly problem: SettingProblem | undefined;
}

const readRow = (row: Readable, env: Environment): RowReading => {
  for (const variable of row.names) {
    const raw = env[variable];
    if (raw === undefined || raw.trim() === '') continue;
    const value = row.secret ? raw : raw.trim();
    const outcome = row.parser.parse(value);
    if (outcome.type === 'parsed') return { value: outcome.value, given: variable, problem: undefined };
    const problem = {
      variable,
      problem: `is ${shown(row, value)}: ${outcome.problem}`,
      remedy: outcome.remedy,
    };
    return { value: row.default, given: variable, problem };
  }
  return { value: row.default, given: undefined, problem: undefined };
};

class Problems {
  readonly #byVariable = new Map<string, SettingProblem>();

  /** Keeps the first mistake of each variable: a later one only follows from it. */
  add(problem: SettingProblem | undefined): void {
    if (problem !== undefined && !this.#byVariable.has(problem.variable))
      this.#byVariable.set(problem.variable, problem);
  }

  all(): readonly SettingProblem[] {
    return [...this.#byVariable.values()];
  }
}

const readRows = (rows: SettingRows, env: Environment): ReadonlyMap<string, RowReading> =>
  new Map(Object.entries(rows).map(([key, row]) => [key, readRow(row, env)]));

const readGroup = (group: SettingsGroup<unknown>, env: Environment, problems: Problems): unknown => {
  const readings = [...readRows(group.rows, env)];
  for (const [, { problem }] of readings) problems.add(problem);
  const compiled = group.compile(
    Object.fromEntries(readings.map(([key, { value }]) => [key, value])),
    Object.fromEntries(readings.map(([key, { given }]) => [key, given])),
  );
  compiled.problems?.forEach((problem) => problems.add(problem));
  return compiled.value;
};

/**
 * Reads every row of the table from `env`. Either all of it is right, or every mistake is reported, one a variable.
 * Never throws, and never puts the value of a secret into a problem.
 */
export const readSettings = <Entries extends SettingEntries>(
  table: SettingsTable<Entries>,
  env: Environment,
): ReadOutcome<SettingsOf<Entries>> => {
  const problems = new Problems();
  const settings: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(table.entries)) {
    if (entry.type === 'group') {
      settings[key] = readGroup(entry, env, problems);
      continue;
    }
    const { value, problem } = readRow(entry, env);
    problems.add(problem);
    settings[key] = value;
  }
  const found = problems.all();
  if (found.length > 0) return { type: 'refused', problems: found };
  return { type: 'ok', settings: freeze(settings) as SettingsOf<Entries> };
};

/** The problems as text for a person, one line each, with the remedy. Ends without a line break. */
export const describeProblems = (problems: readonly SettingProblem[]): string =>
  [
    problems.length === 1 ? 'One setting is wrong:' : `${problems.length} settings are wrong:`,
    ...problems.map(({ variable, problem, remedy }) => `  ${variable} ${problem}. ${remedy}`),
  ].join('\n');
