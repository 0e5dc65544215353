import { Argument, Option } from 'commander';
import { exitCodes, type CommandContext, type ExitCode } from '../terminal/io.js';
import { readCliSettings } from '../settings.js';
import type { CommandLine } from './command-line.js';
import { runHook } from './hook-run.js';
import { settingsSnippet, snippetKinds, type SnippetKind } from './hook-snippet.js';

interface HookOptions {
  readonly verbose: boolean;
  readonly printSettings?: SnippetKind | true;
}

const printSettings = ({ env, stdout }: CommandContext, wanted: SnippetKind | true): void => {
  const { gatewayUrl } = readCliSettings(env).client;
  const kinds = wanted === true ? snippetKinds : [wanted];
  for (const kind of kinds) {
    // One kind alone is JSON and nothing else.
    if (wanted === true) stdout.write(`# ${kind}\n`);
    stdout.write(`${JSON.stringify(settingsSnippet(kind, gatewayUrl), null, 2)}\n`);
  }
};

const hook = async (context: CommandContext, _agent: string, options: HookOptions): Promise<ExitCode> => {
  if (options.printSettings !== undefined) printSettings(context, options.printSettings);
  else
    await runHook({
      env: context.env,
      stdin: context.stdin,
      note(text) {
        if (options.verbose) context.stderr.write(`kaizen-trace hook: ${text}\n`);
      },
    });
  return exitCodes.done;
};

const help = `
Reads one payload on standard input and hands its events to the gateway at KAIZEN_GATEWAY_URL (http://localhost:4310),
with KAIZEN_API_KEY where it wants a key. It takes 300 ms at most (KAIZEN_HOOK_TIMEOUT), writes nothing to standard
output, and ends with 0 whatever happens: the agent must never notice. What the gateway did not take waits in
KAIZEN_HOOK_SPOOL and goes along with the next hook.

Examples:
  $ kaizen-trace hook claude-code --print-settings command   # for .claude/settings.json
  $ kaizen-trace hook claude-code --print-settings http      # no program on the agent's machine
  $ kaizen-trace hook claude-code --verbose < payload.json`;

/** Adds `hook AGENT`. */
export const addHook = ({ program, action }: CommandLine): void => {
  program
    .command('hook')
    .description('take a hook of a coding agent from standard input, never in its way')
    .addArgument(new Argument('<agent>', 'whose hook it is').choices(['claude-code']))
    .option('--verbose', 'say on standard error what went wrong', false)
    .addOption(
      new Option('--print-settings [kind]', 'print what goes into settings.json, and read nothing').choices(
        snippetKinds,
      ),
    )
    .addHelpText('after', help)
    .action(action(hook));
};
