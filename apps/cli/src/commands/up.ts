import { asError, untilAborted } from '@kaizen-trace/ports';
import { createStderrLogger } from '@kaizen-trace/service-kit';
import { describeProblems, misspelledVariables, readSettings } from '@kaizen-trace/settings';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandContext, CommandError, exitCodes, type ExitCode } from '../terminal/io.js';
import type { Logging, Pipeline } from '../up/pipeline.js';
import { keylessPortsWarning } from '../up/open-ports.js';
import { type LogLevel, processSettings, upSettings, type UpSettings } from '../up/settings.js';
import { welcome } from '../up/welcome.js';
import type { CommandLine } from './command-line.js';

const readAll = (env: CommandContext['env']) => {
  const services = readSettings(upSettings, env);
  const own = readSettings(processSettings, env);
  if (services.type === 'ok' && own.type === 'ok') return { services: services.settings, own: own.settings };
  const problems = [services, own].flatMap((outcome) => (outcome.type === 'refused' ? outcome.problems : []));
  throw new CommandError(describeProblems(problems));
};

/** Errors of ours say in their message what to do. */
const hasRemedy = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('KAIZEN_');

const loggingTo = (stderr: CommandContext['stderr'], level: LogLevel): Logging => {
  const pretty = stderr.isTTY === true;
  const write = (line: string): void => void stderr.write(line);
  return {
    level,
    pretty,
    write,
    loggerFor: (service) => createStderrLogger({ service, level }, { isTTY: pretty, write }),
  };
};

const open = async (settings: UpSettings, logging: Logging): Promise<Pipeline> => {
  try {
    // Loaded here, so that no other command waits for NestJS and the rest.
    const { openPipeline } = await import('../up/pipeline.js');
    return await openPipeline(settings, logging);
  } catch (error) {
    if (hasRemedy(error)) throw new CommandError(error.message, { cause: error });
    throw error;
  }
};

const up = async (context: CommandContext): Promise<ExitCode> => {
  const { services, own } = readAll(context.env);
  const logging = loggingTo(context.stderr, own.logLevel);
  for (const { variable, problem, remedy } of misspelledVariables(context.env, upSettings))
    logging.loggerFor('kaizen-trace').warn(`${variable} ${problem}. ${remedy}`);
  const keyless = keylessPortsWarning(services);
  if (keyless !== undefined) logging.loggerFor('kaizen-trace').warn(keyless);
  const pipeline = await open(services, logging);
  context.stdout.write(welcome(pipeline, services));
  const end = await Promise.race([
    untilAborted(context.signal).then(() => 'interrupted' as const),
    pipeline.done.then(
      () => 'ended' as const,
      (error: unknown) => ({ failure: asError(error) }),
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
go there, and no trace store is started. Every setting is a variable of the environment; docs/settings.md lists them.

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
