import {
  clientSettings,
  defineSettings,
  describeProblems,
  type Environment,
  exportSettings,
  logSettings,
  readSettings,
  type SettingsOf,
} from '@kaizen-trace/settings';
import { CommandError } from './terminal/io.js';

/** What the commands of a client read from the environment. */
export const cliSettings = defineSettings({
  log: logSettings,
  client: clientSettings,
  backend: exportSettings,
});

/** The values of {@link cliSettings}, frozen. */
export type CliSettings = SettingsOf<typeof cliSettings.entries>;

/** @throws CommandError that names every mistake at once. */
export const readCliSettings = (env: Environment): CliSettings => {
  const outcome = readSettings(cliSettings, env);
  if (outcome.type === 'refused') throw new CommandError(describeProblems(outcome.problems));
  return outcome.settings;
};
