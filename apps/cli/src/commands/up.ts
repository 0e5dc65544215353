import { createStderrLogger, StartError } from '@kaizen-trace/service-kit';
import {
  defineSettings,
  describeProblems,
  logLevel,
  readSettings,
  shutdownTimeoutMs,
} from '@kaizen-trace/settings';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandContext, CommandError, exitCodes, type ExitCode } from '../terminal/io.js';
import type { LoggerFor, Pipeline } from '../up/pipeline.js';
import { upSettings, type UpSettings } from '../up/settings.js';
import { welcome } from '../up/welcome.js';
import type { CommandLine } from './command-line.js';

const processSettings = defineSettings({ logLevel, shutdownTimeoutMs });

const readAll = (env: CommandContext['env']) => {
  const services = readSettings(upSettings, env);
  const own = readSettings(processSettings, env);
  if (services.type === 'ok' && own.type === 'ok') return { services: services.settings, own: own.settings };
  const problems = [services, own].flatMap((outcome) => (outcome.type === 'refused' ? outcome.problems : []));
  throw new CommandError(describeProblems(problems));
};

const aborted = (signal: AbortSignal): Promise<'interrupted'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('interrupted');
    else signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });

const open = async (settings: UpSettings, loggerFor: LoggerFor): Promise<Pipeline> => {
  try {
    // Loaded here, so that no other command waits for NestJS and the rest.
    const { openPipeline } = await import('../up/pipeline.js');
    return await openPipeline(settings, loggerFor);
  } catch (error) {
    if (error instanceof StartError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
};

const up = async (context: CommandContext): Promise<ExitCode> => {
  const { services, own } = readAll(context.env);
  const { stderr } = context;
  const sink = { isTTY: stderr.isTTY === true, write: (line: string) => void stderr.write(line) };
  const loggerFor: LoggerFor = (service) => createStderrLogger({ service, level: own.logLevel }, sink);
  const pipeline = await open(services, loggerFor);
  context.stdout.write(welcome(pipeline, services));
  const end = await Promise.race([
    aborted(context.signal),
    pipeline.done.then(
      () => 'ended' as const,
      (error: unknown) => ({ failure: error instanceof Error ? error : new Error(String(error)) }),
    ),
  ]);
  const patience = new AbortController();
  const closed = await Promise.race([
    pipeline.close().then(() => true),
    sleep(own.shutdownTimeoutMs, false, { signal: patience.signal }).catch(() => false),
  ]);
  patience.abort();
  if (!closed) {
    throw new CommandError(
      'it did not stop in time; KAIZEN_SHUTDOWN_TIMEOUT gives more. What was taken is in the log.',
    );
  }
  if (typeof end === 'object')
    throw new CommandError(`it cannot go on: ${end.failure.message}`, { cause: end.failure });
  return exitCodes.done;
};

const help = `
Runs the whole pipeline in one process: gateway, log, assembler, exporter, trace store. Without Kafka settings the log is
embedded, in KAIZEN_DATA_DIR (default ./data). With KAFKA_BROKERS it is Kafka; with a JAEGER_HOST on another machine spans
go there, and no trace store is started. Every setting is a variable of the environment; the README lists them.

Examples:
  $ kaizen-trace up
  $ KAIZEN_DATA_DIR=/var/lib/kaizen KAIZEN_GATEWAY_PORT=5000 kaizen-trace up
  $ KAFKA_BROKERS=localhost:9092 JAEGER_HOST=jaeger.example.com kaizen-trace up`;

/** Adds `up`. */
export const addUp = ({ program, action }: CommandLine): void => {
  program
    .command('up')
    .description('run the whole pipeline in this process (what `npm start` does)')
    .addHelpText('after', help)
    .action(action(up));
};
