import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { defaultMaxLineBytes, type LineReading, readEvent, readNdjsonBatches } from '@kaizen-trace/contracts';
import { openDrySender, openSender, type EventSender } from '../sending/open-sender.js';
import { deadlineAfter, type Rejection } from '@kaizen-trace/sending';
import { readCliSettings } from '../settings.js';
import { codeOf, reasonOf } from '../terminal/errors.js';
import { CommandError, type CommandContext, exitCodes, type ExitCode } from '../terminal/io.js';
import { count, eventCount, perSecond, type Progress, showProgress } from '../terminal/progress.js';
import { type CommandLine, number, timeoutOption } from './command-line.js';
import { freshDefaults } from './fresh-defaults.js';
import { describeFailure, describeRejection } from './outcome.js';

interface PublishOptions {
  readonly dryRun: boolean;
  readonly timeout: number;
  readonly fromLine: number;
}

interface Input {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Undefined where it is not known, as for standard input. */
  readonly bytes: number | undefined;
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'it may not be read',
};

const openInput = async (file: string, { stdin, signal }: CommandContext): Promise<Input> => {
  if (file === '-')
    return { name: 'standard input', chunks: addAbortSignal(signal, stdin), bytes: undefined };
  const stats = await stat(file).catch((error: unknown) => {
    const code = codeOf(error) ?? 'unknown error';
    throw new CommandError(`cannot read ${file}: ${causes[code] ?? code}`, { cause: error });
  });
  if (stats.isDirectory())
    throw new CommandError(`cannot read ${file}: it is a directory; name a file, or - for standard input`);
  const bytes = stats.isFile() ? stats.size : undefined;
  return { name: file, chunks: createReadStream(file, { signal, highWaterMark: 256 * 1024 }), bytes };
};

interface Work {
  readonly sender: EventSender;
  readonly input: Input;
  readonly fromLine: number;
  readonly signal: AbortSignal;
  readBytes: number;
  line: number;
}

async function* counted(work: Work): AsyncGenerator<Uint8Array> {
  for await (const chunk of work.input.chunks) {
    yield chunk;
    work.readBytes += chunk.length;
  }
}

const take = (reading: LineReading, sender: EventSender): Promise<void> | undefined => {
  const { line } = reading;
  if (reading.type === 'bad') {
    sender.reject({ line, field: null, reason: reading.reason });
    return undefined;
  }
  const event = readEvent(reading.value, freshDefaults);
  if (event.type === 'accepted') return sender.add(line, event.event);
  sender.reject({ line, field: event.field, reason: event.reason });
  return undefined;
};

/** Reads to the end, to the first failure, or until interrupted. */
const pump = async (work: Work): Promise<void> => {
  const { sender, fromLine, signal } = work;
  try {
    for await (const readings of readNdjsonBatches(counted(work), { maxLineBytes: defaultMaxLineBytes })) {
      for (const reading of readings) {
        work.line = reading.line;
        if (reading.line < fromLine) continue;
        const room = take(reading, sender);
        if (room) await room;
        if (sender.failure || signal.aborted) return;
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    throw new CommandError(`reading ${work.input.name} failed: ${reasonOf(error)}`, {
      cause: error,
    });
  }
};

const tell = (context: CommandContext, destination: string, work: Work): Progress => {
  const began = performance.now();
  return showProgress(context.stderr, () => ({
    fraction: work.input.bytes ? work.readBytes / work.input.bytes : undefined,
    text: `${eventCount(work.sender.acknowledged)} to ${destination}  ${perSecond(work.sender.acknowledged, performance.now() - began)}${
      work.sender.refused > 0 ? `  ${count(work.sender.refused)} refused` : ''
    }`,
  }));
};

const summary = (
  work: Work,
  { destination, elapsedMs, dryRun }: { destination: string; elapsedMs: number; dryRun: boolean },
) => {
  const { acknowledged, refused } = work.sender;
  const refusals = refused === 0 ? '' : `, ${count(refused)} ${refused === 1 ? 'line' : 'lines'} refused`;
  if (dryRun)
    return `${eventCount(acknowledged)} ${acknowledged === 1 ? 'is' : 'are'} valid${refusals}; nothing was sent`;
  return `published ${eventCount(acknowledged)} to ${destination} in ${(elapsedMs / 1000).toFixed(1)} s (${perSecond(acknowledged, elapsedMs)})${refusals}`;
};

const publish = async (context: CommandContext, file: string, options: PublishOptions): Promise<ExitCode> => {
  const { signal, stderr } = context;
  const input = await openInput(file, context);
  let progress: Progress | undefined;
  const note = (line: string): void => (progress ? progress.note(line) : void stderr.write(`${line}\n`));
  let saidWaiting = '';
  const delivering = {
    timeoutMs: options.timeout,
    signal: deadlineAfter(signal),
    onRejected: (rejection: Rejection) => note(describeRejection(rejection)),
    onWait: ({ reason }: { reason: string }) => {
      if (reason === saidWaiting) return;
      saidWaiting = reason;
      note(`${reason}; trying again for up to ${options.timeout / 1000} s`);
    },
  };
  const opened = options.dryRun
    ? await openDrySender(delivering)
    : await openSender(readCliSettings(context.env), delivering);
  const { sender, destination } = opened;
  const work: Work = { sender, input, signal, fromLine: options.fromLine, readBytes: 0, line: 0 };
  progress = tell(context, destination, work);
  const began = performance.now();
  try {
    await pump(work);
    await sender.finish();
  } finally {
    progress.stop();
    progress = undefined;
    await opened.close();
  }
  const elapsedMs = performance.now() - began;
  note(summary(work, { destination, elapsedMs, dryRun: options.dryRun }));
  if (signal.aborted) {
    const next = sender.failure?.from ?? Math.max(options.fromLine, work.line + 1);
    note(`interrupted; go on with --from-line ${next}`);
    return exitCodes.interrupted;
  }
  if (sender.failure) {
    note(describeFailure(sender.failure, file));
    return exitCodes.failed;
  }
  return sender.refused > 0 ? exitCodes.refusedLines : exitCodes.done;
};

const help = `
Exit codes: 0 everything was taken · 2 some lines were refused, each on standard error · 1 the file cannot be read, a
setting is wrong, or the log could not be reached · 130 interrupted.

Where it goes: KAFKA_BROKERS straight to Kafka · KAIZEN_DATA_DIR into the embedded log there, which must exist ·
otherwise to the gateway at KAIZEN_GATEWAY_URL (http://localhost:4310), with KAIZEN_API_KEY where it wants a key.

Examples:
  $ kaizen-trace publish examples/01-first-trace/run.ndjson
  $ zcat runs/*.ndjson.gz | kaizen-trace publish -
  $ kaizen-trace publish run.ndjson --dry-run
  $ KAFKA_BROKERS=broker-1:9092 kaizen-trace publish run.ndjson --from-line 120001`;

/** Adds `publish FILE`. */
export const addPublish = ({ program, action }: CommandLine): void => {
  program
    .command('publish')
    .description('send the events of an NDJSON file, of any size, to the log')
    .argument('<file>', 'NDJSON, one event a line; - for standard input')
    .option('--dry-run', 'only check the lines, send nothing', false)
    .option(
      '--from-line <n>',
      'begin at this line; the lines before it are passed over',
      number(1, Number.MAX_SAFE_INTEGER),
      1,
    )
    .addOption(timeoutOption())
    .addHelpText('after', help)
    .action(action(publish));
};
