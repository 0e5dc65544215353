import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { misspelledVariables } from '@kaizen-trace/settings';
import { Command, CommanderError, Help, type Option } from 'commander';
import type { CommandLine } from './commands/command-line.js';
import { addDeadLetters } from './commands/dead-letters.js';
import { addDoctor } from './commands/doctor.js';
import { addKeys } from './commands/keys.js';
import { addHook } from './commands/hook.js';
import { addOpen } from './commands/open.js';
import { addPublish } from './commands/publish.js';
import { addReplay } from './commands/replay.js';
import { addSimulate } from './commands/simulate.js';
import { addUp } from './commands/up.js';
import { reasonOf } from './terminal/errors.js';
import { CommandError, type CommandContext, exitCodes } from './terminal/io.js';

/** The commands, in the order in which the help shows them. */
const commands: readonly ((line: CommandLine) => void)[] = [
  addUp,
  addPublish,
  addSimulate,
  addOpen,
  addDeadLetters,
  addReplay,
  addKeys,
  addHook,
  addDoctor,
];

const help = `
Examples:
  $ kaizen-trace up
  $ kaizen-trace publish examples/01-first-trace/run.ndjson
  $ kaizen-trace simulate --agents 8 --traces 100
  $ kaizen-trace open --min-age 5m
  $ kaizen-trace dead-letters list
  $ kaizen-trace replay --verify
  $ kaizen-trace keys new --name checkout --service checkout >>keys
  $ kaizen-trace doctor

KAIZEN_DEBUG=1 shows where an error comes from.`;

const version = (): string => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
};

/** A flag that is off, and a list that is empty, need not say so. */
const optionDescription = (option: Option): string =>
  new Help().optionDescription(option).replace(/ \(default: (?:false|\[\])\)$/, '');

/** What a person is told of an error: one line, unless they debug. */
const explain = (error: unknown, debug: boolean): string => {
  if (debug) return inspect(error);
  if (error instanceof CommandError) return `kaizen-trace: ${error.message}`;
  return `kaizen-trace: unexpected error: ${reasonOf(error)} (KAIZEN_DEBUG=1 shows where)`;
};

/** A misspelt variable would be passed over in silence, and the events might go elsewhere. */
const warnOfMisspelled = ({ env, stderr }: CommandContext): void => {
  for (const { variable, problem, remedy } of misspelledVariables(env))
    stderr.write(`kaizen-trace: warning: ${variable} ${problem}. ${remedy}\n`);
};

/** Runs one command line to its end and gives the exit code. Never throws; whatever goes wrong is on standard error. */
export const runCli = async (args: readonly string[], context: CommandContext): Promise<number> => {
  let exitCode: number = exitCodes.done;
  const program = new Command('kaizen-trace')
    .description('Traces of AI agents, from a durable log: events in, spans out.')
    .version(version())
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .configureHelp({ optionDescription })
    .showHelpAfterError('(add --help for what is possible)')
    .addHelpText('after', help)
    .exitOverride();
  const line: CommandLine = {
    program,
    action:
      (run) =>
      async (...args) => {
        warnOfMisspelled(context);
        exitCode = await run(context, ...args);
      },
  };
  for (const add of commands) add(line);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    context.stderr.write(`${explain(error, (context.env.KAIZEN_DEBUG ?? '') !== '')}\n`);
    return exitCodes.failed;
  }
};
