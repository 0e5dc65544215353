import type { LetterJson } from '@kaizen-trace/gateway';
import type { CommandContext, ExitCode } from '../terminal/io.js';
import { CommandError, exitCodes } from '../terminal/io.js';
import { count } from '../terminal/progress.js';
import { moment, number, type CommandLine } from './command-line.js';
import { describeLetter, letterRows, letterHead, type ShownView } from './dead-letters-text.js';
import { openGatewayApi } from './gateway-api.js';
import { printable, table } from './table.js';
import type { Command } from 'commander';

interface FilterOptions {
  readonly stage?: string;
  readonly errorClass?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly from?: bigint;
  readonly to?: bigint;
}

const path = '/api/dead-letters';
const mostAtOnce = 1_000;

const isoOf = (micros: bigint | undefined): string | undefined =>
  micros === undefined ? undefined : new Date(Number(micros / 1000n)).toISOString();

/** The filter as the API takes it. */
const filterOf = ({ stage, errorClass, topic, partition, from, to }: FilterOptions) => ({
  stage,
  error_class: errorClass,
  topic,
  partition: partition === undefined ? undefined : String(partition),
  from: isoOf(from),
  to: isoOf(to),
});

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly pending: boolean;
  readonly json: boolean;
}

const list = async (context: CommandContext, options: ListOptions): Promise<ExitCode> => {
  const api = openGatewayApi(context);
  const letters: LetterJson[] = [];
  let cursor: string | undefined;
  do {
    const page = (await api.ask(path, {
      ...filterOf(options),
      redriven: options.pending ? 'false' : undefined,
      limit: String(Math.min(mostAtOnce, options.limit - letters.length)),
      cursor,
    })) as { readonly letters: readonly LetterJson[]; readonly next_cursor: string | null };
    letters.push(...page.letters);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && letters.length < options.limit);
  const more = cursor !== undefined;
  if (options.json) context.stdout.write(`${JSON.stringify({ letters, more }, undefined, 2)}\n`);
  else if (letters.length === 0) context.stdout.write('no dead letters\n');
  else {
    context.stdout.write(table(letterHead, letterRows(letters)));
    if (more) context.stderr.write(`older ones are left out: raise --limit (${options.limit})\n`);
  }
  return exitCodes.done;
};

const letterName = /^(\d{1,9})\/(\d{1,19})$/;

const show = async (
  context: CommandContext,
  name: string,
  { json }: { readonly json: boolean },
): Promise<ExitCode> => {
  const [, partition, at] = letterName.exec(name) ?? [];
  if (partition === undefined || at === undefined)
    throw new CommandError(
      `"${name}" is no letter: write partition/offset, as the list shows it, such as 3/120`,
    );
  const shown = (await openGatewayApi(context).ask(`${path}/${partition}/${at}`, {})) as ShownView;
  context.stdout.write(json ? `${JSON.stringify(shown, undefined, 2)}\n` : describeLetter(shown));
  return exitCodes.done;
};

interface RedriveOptions extends FilterOptions {
  readonly all: boolean;
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly limit: number;
  readonly json: boolean;
}

interface Report {
  readonly redriven: { readonly events: number; readonly spans: number };
  readonly done_before: number;
  readonly refused: number;
  readonly refusals: readonly { readonly letter: LetterJson; readonly reason: string }[];
  readonly letters: readonly LetterJson[];
  readonly more: boolean;
  readonly failure: string | null;
}

const describeReport = (report: Report, dryRun: boolean): string => {
  const { events, spans } = report.redriven;
  const lines = [
    `${dryRun ? 'would bring back' : 'brought back'} ${count(events + spans)} letters: ` +
      `${count(events)} events to the log, ${count(spans)} batches of spans to the backend`,
  ];
  if (report.done_before > 0)
    lines.push(
      `${count(report.done_before)} were brought back before, and left alone (--again repeats them)`,
    );
  for (const { letter, reason } of report.refusals)
    lines.push(`${letter.partition}/${letter.offset} stays: ${printable(reason)}`);
  const unnamed = report.refused - report.refusals.length;
  if (unnamed > 0) lines.push(`… and ${count(unnamed)} more stay`);
  if (report.more) lines.push('more letters fit: run it again, or raise --limit');
  if (report.failure !== null) lines.push(`it ended early: ${printable(report.failure)}`);
  return `${lines.join('\n')}\n`;
};

const isNarrowed = (names: readonly string[], options: RedriveOptions): boolean =>
  names.length > 0 || Object.values(filterOf(options)).some((value) => value !== undefined);

const redrive = async (
  context: CommandContext,
  names: readonly string[],
  options: RedriveOptions,
): Promise<ExitCode> => {
  if (!isNarrowed(names, options) && !options.all)
    throw new CommandError('say which: letters such as 3/120, a filter such as --error-class, or --all');
  const body = {
    ...filterOf(options),
    letters: names.length === 0 ? undefined : names,
    again: options.again,
    dry_run: options.dryRun,
    limit: options.limit,
  };
  const report = (await openGatewayApi(context).send(`${path}/redrive`, body)) as Report;
  const text = describeReport(report, options.dryRun);
  if (options.json) context.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else {
    if (options.dryRun && report.letters.length > 0)
      context.stdout.write(table(letterHead, letterRows(report.letters)));
    context.stdout.write(text);
  }
  return report.failure === null && report.refused === 0 ? exitCodes.done : exitCodes.failed;
};

const help = `
Dead letters are records that could not be taken (stages decode, validate) and spans that the backend refused for good
(stage export), kept as they were. A redrive brings each back once: events to the log, with their mark in one transaction,
spans to the backend. Works by way of the gateway (KAIZEN_GATEWAY_URL, KAIZEN_API_KEY).
Exit codes of redrive: 0 all came back · 1 something did not.

Examples:
  $ kaizen-trace dead-letters list --stage decode --from 2026-01-31T09:00:00Z
  $ kaizen-trace dead-letters show 3/120
  $ kaizen-trace dead-letters redrive --error-class UnknownSchemaError --dry-run
  $ kaizen-trace dead-letters redrive 3/120 3/121
  $ kaizen-trace dead-letters redrive --all`;

const filtered = (command: Command): Command =>
  command
    .option('--stage <stage>', 'of this stage only: decode, validate or export')
    .option('--error-class <name>', 'of this error class only')
    .option('--topic <name>', 'from this topic only')
    .option('--partition <number>', 'from this partition of their topic only', number(0, 1_000_000))
    .option('--from <time>', 'that died at or after it: ISO 8601, or seconds since the epoch', moment)
    .option('--to <time>', 'that died before it', moment)
    .option('--json', 'print JSON', false);

/** Adds `dead-letters`, with `list`, `show` and `redrive`. */
export const addDeadLetters = ({ program, action }: CommandLine): void => {
  const letters = program
    .command('dead-letters')
    .description('list, show and bring back what could not be taken')
    .addHelpText('after', help);
  filtered(letters.command('list'))
    .description('newest first, with why and from where')
    .option('--pending', 'only letters that were not brought back yet', false)
    .option('--limit <number>', 'show at most so many', number(1, 100_000), 50)
    .addHelpText('after', help)
    .action(action(list));
  letters
    .command('show')
    .description('one letter: its original key, bytes and headers')
    .argument('<letter>', 'partition/offset, as the list shows it')
    .option('--json', 'print JSON', false)
    .addHelpText('after', help)
    .action(action(show));
  filtered(letters.command('redrive'))
    .description('bring letters back, each once, after what ailed them is fixed')
    .argument('[letters...]', 'partition/offset each; none: all that the filter lets through')
    .option('--all', 'every letter, without a filter', false)
    .option('--again', 'also letters that were brought back before', false)
    .option('--dry-run', 'only say what would come back', false)
    .option('--limit <number>', 'bring back at most so many', number(1, 100_000), 1_000)
    .addHelpText('after', help)
    .action(action(redrive));
};
