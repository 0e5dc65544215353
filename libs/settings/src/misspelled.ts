import type { Environment, SettingEntries, SettingsTable } from './read-settings.js';
import type { SettingProblem } from './setting.js';
import { assemblySettings } from './tables/assembly.js';
import { consoleSettings } from './tables/console.js';
import { exportSettings } from './tables/export.js';
import { hookSettings } from './tables/hooks.js';
import { logSettings } from './tables/log.js';
import {
  assemblerHttpSettings,
  assemblerMemorySettings,
  clientSettings,
  exporterHttpSettings,
  gatewaySettings,
  logLevel,
  shutdownTimeoutMs,
} from './tables/services.js';
import { traceStoreSettings } from './tables/trace-store.js';

const sharedEntries: SettingEntries = {
  logSettings,
  assemblySettings,
  exportSettings,
  gatewaySettings,
  assemblerHttpSettings,
  assemblerMemorySettings,
  exporterHttpSettings,
  traceStoreSettings,
  consoleSettings,
  clientSettings,
  hookSettings,
  logLevel,
  shutdownTimeoutMs,
};

const namesOf = (entries: SettingEntries): readonly string[] =>
  Object.values(entries).flatMap((entry) =>
    entry.type === 'group' ? Object.values(entry.rows).flatMap(({ names }) => names) : entry.names,
  );

/** How many letters must be put in, left out or changed to make one name of the other. */
const distance = (one: string, other: string): number => {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 0; row < one.length; row += 1) {
    const current = [row + 1];
    for (let column = 0; column < other.length; column += 1) {
      const changed = (previous[column] ?? 0) + (one[row] === other[column] ? 0 : 1);
      current.push(Math.min(changed, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
};

const nearMiss = 2;
const longestName = 64;

/**
 * Variables that mean nothing here but are named almost like one that does, such as KAFKA_BROKER: worth a warning, since
 * a misspelt variable is passed over in silence otherwise. `table` holds what the program reads beside the shared tables.
 */
export const misspelledVariables = (
  env: Environment,
  table: SettingsTable = { entries: {} },
): readonly SettingProblem[] => {
  const known = new Set([...namesOf(sharedEntries), ...namesOf(table.entries)]);
  return Object.keys(env)
    .filter(
      (name) => /^(?:KAIZEN|KAFKA|JAEGER)_/.test(name) && name.length <= longestName && !known.has(name),
    )
    .flatMap((variable) => {
      const meant = [...known].find((name) => distance(name, variable) <= nearMiss);
      return meant === undefined
        ? []
        : [{ variable, problem: 'is set, but nothing reads it', remedy: `Did you mean ${meant}?` }];
    });
};
