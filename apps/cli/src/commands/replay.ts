import { Option } from 'commander';
import { list, oneOf, wholeNumber } from '@kaizen-trace/settings';
import { pointOf } from '../replay/point.js';
import type { ReplayOptions } from '../replay/replay-command.js';
import { exitCodes } from '../terminal/io.js';
import { by, type CommandLine, number, timeoutOption } from './command-line.js';

const help = `
Rebuilds traces from the event log: folds it again, beside the assemblers, whose group and state it does not touch, and
sends the spans that the records from --from to --to finished. The settings are those that the assembler's state keeps, so
equal spans come out: sending them again changes nothing that Jaeger shows. The fold begins an open TTL and a reorder grace
before --from, or at the log's start.

--from and --to are append times (ISO 8601, or seconds since the epoch, or a duration such as 2h: so long ago) or offset:N.

On standard output, a line each: incomplete, a trace that was active before the fold began, so that its spans may lack
parents; open, what has not ended at --to and is not exported; and with --verify the differences: missing (the log gives
it, the span topic has it not), extra (the other way round, or once too often), different.

Ctrl-C saves the position; --resume goes on from there: it folds again from the same start, and sends only what was not
acknowledged. Headers and certificates of the environment go to the environment's own endpoint only.

Exit codes: 0 done · 1 it could not be done · 2 some spans were refused, or --verify found differences · 130 interrupted.

Examples:
  $ kaizen-trace replay --dry-run
  $ kaizen-trace replay --from 2026-11-20T09:00:00Z --to 2026-11-20T12:00:00Z --otlp
  $ kaizen-trace replay --trace-id order-4711 --otlp localhost:24317 --layout operations
  $ kaizen-trace replay --from 2h --service checkout --file spans.jsonl
  $ kaizen-trace replay --partition 3 --from offset:120000 --to offset:125000 --dry-run --json
  $ kaizen-trace replay --verify
  $ kaizen-trace replay --resume kaizen-replay-3fa9c1.json`;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const partitions = by(list(wholeNumber(0, 9_999)));

/** Adds `replay`. */
export const addReplay = ({ program, action }: CommandLine): void => {
  const point = pointOf(Date.now);
  program
    .command('replay')
    .description('fold the log again: rebuild traces elsewhere, or verify the span topic')
    .option('--from <point>', 'first record whose spans count (default: the log’s start)', point)
    .option('--to <point>', 'the record after the last (default: the log’s end now)', point)
    .option('--partition <list>', 'only these partitions, with commas between', partitions)
    .option(
      '--trace-id <id>',
      'only spans of this trace, as sent or as Jaeger shows it; repeatable',
      collect,
      [],
    )
    .option('--service <name>', 'only spans of this service; repeatable', collect, [])
    .option('--otlp [endpoint]', 'send to an OTLP gRPC endpoint (default: the environment’s backend)')
    .option('--file <path>', 'write OTLP requests into a new file')
    .addOption(
      new Option('--format <format>', 'of the file: json, a request a line; proto, length-prefixed bytes')
        .choices(['json', 'proto'])
        .default('json'),
    )
    .option('--dry-run', 'send nothing: count, and list what is incomplete and what is open', false)
    .option('--verify', 'compare the span topic with the log, span by span, and list each difference', false)
    .option(
      '--layout <layout>',
      'events or operations, instead of the live one',
      by(oneOf('events', 'operations')),
    )
    .option('--skip-incomplete', 'leave out the spans of traces that are known to be incomplete', false)
    .option('--force', 'send another layout even to where the live spans go', false)
    .option('--parallel <n>', 'partitions at a time', number(1, 8), 4)
    .option('--json', 'print the lists as NDJSON', false)
    .option('--resume <file>', 'go on with an interrupted replay; the file says everything else')
    .option('--resume-file <file>', 'where the position is saved (default: kaizen-replay-….json, here)')
    .addOption(timeoutOption())
    .addHelpText('after', help)
    .action(
      action(async (context, options: ReplayOptions & { readonly partition?: readonly number[] }) => {
        // Loaded only here, with gRPC and the fold.
        const { replayCommand } = await import('../replay/replay-command.js');
        if (context.signal.aborted) return exitCodes.interrupted;
        return replayCommand(context, { ...options, partitions: options.partition });
      }),
    );
};
