import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished } from 'node:stream/promises';
import { toJson } from '@kaizen-trace/contracts';
import { openSender, type EventSender } from '../sending/open-sender.js';
import { deadlineAfter, type Rejection } from '@kaizen-trace/sending';
import { readCliSettings } from '../settings.js';
import { estimatedLength, simulateEmissions, type SimulationOptions } from '../simulation/fleet.js';
import { reasonOf } from '../terminal/errors.js';
import { CommandError, type CommandContext, exitCodes, type ExitCode } from '../terminal/io.js';
import { count, eventCount, perSecond, type Progress, showProgress } from '../terminal/progress.js';
import { type CommandLine, durationOption, moment, number, timeoutOption } from './command-line.js';
import { describeRejection } from './outcome.js';

interface SimulateOptions {
  readonly agents: number;
  readonly traces: number;
  readonly rate: number;
  readonly seed?: string;
  readonly openFor: number;
  readonly start?: bigint;
  readonly out?: string;
  readonly timeout: number;
}

/** The options in full. Without a start, runs at full speed end about now, and paced ones begin now. */
const complete = (options: SimulateOptions): SimulationOptions => {
  const { agents, traces, rate, start } = options;
  const seed = options.seed ?? Math.random().toString(36).slice(2, 8);
  const fleet = { agents, traces, rate, seed, openFor: options.openFor * 1000, start: 0n };
  const now = BigInt(Date.now()) * 1000n;
  return { ...fleet, start: start ?? (rate > 0 ? now : now - BigInt(estimatedLength(fleet))) };
};

interface Tally {
  emitted: number;
  readonly began: number;
}

/** Writes the events as NDJSON, as fast as they are taken. */
const write = async (context: CommandContext, file: string, fleet: SimulationOptions): Promise<Tally> => {
  const tally: Tally = { emitted: 0, began: performance.now() };
  const output: NodeJS.WritableStream = file === '-' ? context.stdout : createWriteStream(file);
  const failed = new Promise<never>((_, reject) => {
    output.once('error', reject);
  });
  failed.catch(() => undefined);
  try {
    let lines: string[] = [];
    const flush = async (): Promise<void> => {
      const more = output.write(lines.join(''));
      lines = [];
      if (!more) await Promise.race([once(output, 'drain'), failed]);
    };
    for (const { event } of simulateEmissions(fleet)) {
      if (context.signal.aborted) break;
      lines.push(`${JSON.stringify(toJson(event))}\n`);
      tally.emitted++;
      if (lines.length === 500) await flush();
    }
    await flush();
    if (file !== '-') {
      output.end();
      await Promise.race([finished(output), failed]);
    }
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${reasonOf(error)}`, { cause: error });
  }
  return tally;
};

interface Live {
  readonly fleet: SimulationOptions;
  readonly sender: EventSender;
  readonly signal: AbortSignal;
  readonly tally: Tally;
}

/** Waits until the wall clock has come as far as the simulation, unless interrupted. */
const keepPace = async (at: number, { tally, signal }: Live): Promise<void> => {
  const ahead = at / 1000 - (performance.now() - tally.began);
  if (ahead > 2) await sleep(ahead, undefined, { signal }).catch(() => undefined);
};

const emit = async (live: Live): Promise<void> => {
  const { fleet, sender, signal, tally } = live;
  for (const { event, at } of simulateEmissions(fleet)) {
    if (fleet.rate > 0) await keepPace(at, live);
    if (signal.aborted || sender.failure) return;
    tally.emitted++;
    const room = sender.add(tally.emitted, event);
    if (room) await room;
    // Lets requests and signals through: at full speed nothing else here waits.
    else if (tally.emitted % 500 === 0) await sleep(0);
  }
};

const send = async (
  context: CommandContext,
  fleet: SimulationOptions,
  timeoutMs: number,
): Promise<ExitCode> => {
  const { signal, stderr } = context;
  let progress: Progress | undefined;
  const note = (line: string): void => (progress ? progress.note(line) : void stderr.write(`${line}\n`));
  const { sender, destination, close } = await openSender(readCliSettings(context.env), {
    timeoutMs,
    signal: deadlineAfter(signal),
    onRejected: (rejection: Rejection) => note(describeRejection(rejection)),
    onWait: ({ reason, forMs }) => note(`${reason}; trying again in ${(forMs / 1000).toFixed(1)} s`),
  });
  const tally: Tally = { emitted: 0, began: performance.now() };
  const rate = (): string => perSecond(sender.acknowledged, performance.now() - tally.began);
  progress = showProgress(stderr, () => ({
    fraction: undefined,
    text: `${count(sender.acknowledged)} of ${count(tally.emitted)} emitted events taken by ${destination}  ${rate()}`,
  }));
  try {
    await emit({ fleet, sender, signal, tally });
    await sender.finish();
  } finally {
    progress.stop();
    progress = undefined;
    await close();
  }
  note(
    `${eventCount(tally.emitted)} emitted, ${count(sender.acknowledged)} acknowledged by ${destination} (${rate()}), ` +
      `${count(sender.refused)} refused; seed ${fleet.seed}`,
  );
  if (signal.aborted) return exitCodes.interrupted;
  if (sender.failure) {
    note(`gave up: ${sender.failure.reason}`);
    return exitCodes.failed;
  }
  return sender.refused > 0 ? exitCodes.refusedLines : exitCodes.done;
};

const simulate = async (context: CommandContext, options: SimulateOptions): Promise<ExitCode> => {
  const fleet = complete(options);
  if (options.out === undefined) return send(context, fleet, options.timeout);
  const { emitted, began } = await write(context, options.out, fleet);
  const where = options.out === '-' ? 'standard output' : options.out;
  context.stderr.write(
    `${eventCount(emitted)} written to ${where} (${perSecond(emitted, performance.now() - began)}); seed ${fleet.seed}\n`,
  );
  return context.signal.aborted ? exitCodes.interrupted : exitCodes.done;
};

const help = `
The fleet plays what a pipeline must stand: nested agents, parallel tools, failures, stragglers, agents that die, kinds of
its own. One run in four holds an operation for --open-for. With a rate the wall clock is kept, long operations included;
without one, and with --out, nothing waits and only the timestamps tell of the time that passed.

Examples:
  $ kaizen-trace simulate --agents 8 --traces 100
  $ kaizen-trace simulate --traces 1000 --rate 500
  $ kaizen-trace simulate --traces 4 --open-for 30h --start 2026-11-20T09:00:00Z --seed demo --out run.ndjson
  $ kaizen-trace simulate --traces 50 --out - | jq -r .event_type | sort | uniq -c`;

/** Adds `simulate`. */
export const addSimulate = ({ program, action }: CommandLine): void => {
  program
    .command('simulate')
    .description('play a fleet of agents and publish what they do')
    .option('--agents <n>', 'crews at work at the same time, each a lead with workers', number(1, 100_000), 4)
    .option('--traces <n>', 'runs in all, each one trace', number(1, 1_000_000_000), 20)
    .option('--rate <n>', 'events a second; 0: as fast as possible', number(0, 1_000_000), 0)
    .option('--seed <text>', 'equal seeds and starts give equal events (default: drawn, and printed)')
    .addOption(
      durationOption('--open-for <duration>', 'how long long operations stay open; 0s: there are none', {
        ms: 0,
        shown: '0s',
      }),
    )
    .option(
      '--start <time>',
      'time of the first event: ISO 8601, or seconds since the epoch (default: so that it fits now)',
      moment,
    )
    .option('--out <file>', 'write NDJSON there instead of publishing; - for standard output')
    .addOption(timeoutOption())
    .addHelpText('after', help)
    .action(action(simulate));
};
