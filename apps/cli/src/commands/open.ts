import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandContext, ExitCode } from '../terminal/io.js';
import { exitCodes } from '../terminal/io.js';
import { count } from '../terminal/progress.js';
import { by, durationOption, number, type CommandLine } from './command-line.js';
import { duration } from '@kaizen-trace/settings';
import { openGatewayApi, type GatewayApi } from './gateway-api.js';
import { ageText, printable, table } from './table.js';

interface OpenOptions {
  readonly service?: string;
  readonly agent?: string;
  readonly kind?: string;
  readonly minAge?: number;
  readonly newest: boolean;
  readonly limit: number;
  readonly json: boolean;
  readonly watch: boolean;
  readonly interval: number;
}

/** What the gateway answers, as far as it is printed. */
interface Answer {
  readonly operations: readonly {
    readonly age_ms: number;
    readonly service_name: string;
    readonly agent_id: string;
    readonly kind: string;
    readonly name: string | null;
    readonly trace_id: string;
    readonly span_id: string;
    readonly parent_span_id: string | null;
  }[];
  readonly total: number;
  readonly next_cursor: string | null;
  readonly complete: boolean;
  readonly missing_partitions: readonly number[];
  readonly assemblers: readonly {
    readonly member_id: string;
    readonly url: string | null;
    readonly outcome: string;
    readonly reason: string | null;
  }[];
}

const mostAtOnce = 1_000;

/** As many pages as it takes to reach the limit; everything but the operations is the last page's. */
const askAll = async (api: GatewayApi, options: OpenOptions): Promise<Answer> => {
  const operations: Answer['operations'][number][] = [];
  let cursor: string | undefined;
  for (;;) {
    const answer = (await api.ask('/api/open-operations', {
      service: options.service,
      agent: options.agent,
      kind: options.kind,
      min_age: options.minAge === undefined ? undefined : `${options.minAge}ms`,
      order: options.newest ? 'newest' : 'oldest',
      limit: String(Math.min(mostAtOnce, options.limit - operations.length)),
      cursor,
    })) as Answer;
    operations.push(...answer.operations);
    cursor = answer.next_cursor ?? undefined;
    if (cursor === undefined || operations.length >= options.limit) return { ...answer, operations };
  }
};

const head = ['AGE', 'SERVICE', 'AGENT', 'OPERATION', 'TRACE', 'SPAN', 'PARENT'];

const rowsOf = ({ operations }: Answer): readonly (readonly string[])[] =>
  operations.map((one) => [
    ageText(one.age_ms),
    one.service_name,
    one.agent_id,
    one.name === null ? one.kind : `${one.kind}:${one.name}`,
    one.trace_id,
    one.span_id,
    one.parent_span_id ?? '-',
  ]);

const summary = ({ operations, total, complete }: Answer): string =>
  `${count(operations.length)} of ${count(total)} open operations${complete ? '' : ' known'}\n`;

/** Who could not be asked, and what that means. */
const gaps = (answer: Answer): string => {
  if (answer.complete) return '';
  const silent = answer.assemblers
    .filter(({ outcome }) => outcome !== 'answered')
    .map(({ member_id: id, url, reason }) => `  ${printable(url ?? id)}: ${printable(reason ?? 'silent')}\n`);
  const missing = answer.missing_partitions.join(', ');
  return `not everything could be asked; partitions without an answer: ${missing}\n${silent.join('')}`;
};

const show = async (context: CommandContext, api: GatewayApi, options: OpenOptions): Promise<void> => {
  const answer = await askAll(api, options);
  if (options.json) {
    context.stdout.write(`${JSON.stringify(answer, undefined, options.watch ? undefined : 2)}\n`);
    return;
  }
  const text = (answer.operations.length === 0 ? '' : table(head, rowsOf(answer))) + summary(answer);
  // A terminal that is watched is wiped only when the new text is there.
  const wipe = options.watch && context.stdout.isTTY === true ? '\u001b[H\u001b[2J' : '';
  context.stdout.write(wipe + text);
  const missing = gaps(answer);
  if (missing !== '') context.stderr.write(missing);
};

const open = async (context: CommandContext, options: OpenOptions): Promise<ExitCode> => {
  const api = openGatewayApi(context);
  const { signal } = context;
  do {
    try {
      await show(context, api, options);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (options.watch) await sleep(options.interval, undefined, { signal }).catch(() => undefined);
  } while (options.watch && !signal.aborted);
  return exitCodes.done;
};

const help = `
Shows what runs right now, before any span exists: operations whose PRE is in the log and whose POST is not. The answer
comes from all assemblers, by way of the gateway (KAIZEN_GATEWAY_URL, KAIZEN_API_KEY); where one does not answer, the
rest is shown and standard error says what is missing. The age counts from when the log took the PRE.

Examples:
  $ kaizen-trace open
  $ kaizen-trace open --kind tool_use --min-age 5m
  $ kaizen-trace open --agent planner --newest --watch
  $ kaizen-trace open --limit 100000 --json | jq '.operations[].trace_id'`;

/** Adds `open`. */
export const addOpen = ({ program, action }: CommandLine): void => {
  program
    .command('open')
    .description('show which operations run right now')
    .option('--service <name>', 'of this service only')
    .option('--agent <id>', 'of this agent only')
    .option('--kind <kind>', 'of this kind only, such as tool_use')
    .option('--min-age <duration>', 'at least so old, such as 5m', by(duration()))
    .option('--newest', 'newest first (default: oldest first)', false)
    .option('--limit <number>', 'show at most so many', number(1, 1_000_000), 50)
    .option('--json', 'print JSON', false)
    .option('--watch', 'show it again and again, until Ctrl-C', false)
    .addOption(durationOption('--interval <duration>', 'how often, with --watch', { ms: 2_000, shown: '2s' }))
    .addHelpText('after', help)
    .action(action(open));
};
