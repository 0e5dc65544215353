import {
  defineSettings,
  describeProblems,
  logLevel,
  misspelledVariables,
  readSettings,
  shutdownTimeoutMs,
  type Environment,
  type SettingsOf,
  type SettingsTable,
} from '@kaizen-trace/settings';
import { createStderrLogger, type Logger, type LogSink } from './logger.js';
import { StartError } from './start-error.js';

type Entries = SettingsTable['entries'];

/** A service that runs. */
export interface RunningService {
  /** Finishes what is in hand and releases everything. */
  close(): Promise<void>;
  /** Settles when the service ended of itself; rejects where it cannot go on. Absent: it runs until it is closed. */
  readonly done?: Promise<void>;
}

/** A program: its settings, and how to start it. */
export interface Program<E extends Entries> {
  readonly name: string;
  readonly settings: SettingsTable<E>;
  start(settings: SettingsOf<E>, logger: Logger): Promise<RunningService>;
}

/** A stream whose reader may go away. */
interface LosableStream {
  on(event: 'error', listener: () => void): unknown;
}

/** The parts of `process` that running needs; `main.ts` passes `process` itself. */
export interface ProcessLike {
  readonly env: Environment;
  readonly stdout: LosableStream;
  readonly stderr: LogSink & LosableStream & { readonly isTTY?: boolean };
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  exit(code: number): void;
}

const ownSettings = defineSettings({ logLevel, shutdownTimeoutMs });

const readBoth = <E extends Entries>(program: Program<E>, env: Environment) => {
  const theirs = readSettings(program.settings, env);
  const own = readSettings(ownSettings, env);
  if (theirs.type === 'ok' && own.type === 'ok')
    return { type: 'ok', settings: theirs.settings, own: own.settings } as const;
  const problems = [theirs, own].flatMap((outcome) => (outcome.type === 'refused' ? outcome.problems : []));
  const named = new Map(problems.map((problem) => [problem.variable, problem]));
  return { type: 'refused', problems: [...named.values()] } as const;
};

const stopWithin = async (service: RunningService, milliseconds: number): Promise<'stopped' | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), milliseconds);
  });
  try {
    return await Promise.race([service.close().then(() => 'stopped' as const), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Errors with a code of ours name what to do; their stack would only hide it. */
const isForOperator = (error: unknown): error is Error =>
  error instanceof StartError ||
  (error instanceof Error && 'code' in error && String(error.code).startsWith('KAIZEN_'));

const failed = (error: unknown, logger: Logger, message: string): number => {
  logger.fatal({ err: error }, message);
  return 1;
};

/** Resolves with the exit code once the service has stopped, by a signal or of itself. */
const supervise = (
  { host, logger, timeoutMs }: { host: ProcessLike; logger: Logger; timeoutMs: number },
  service: RunningService,
): Promise<number> =>
  new Promise((resolve) => {
    let stopping = false;
    const stop = (why: string, code: number): void => {
      if (stopping) return;
      stopping = true;
      logger.info({ why }, 'stopping');
      stopWithin(service, timeoutMs).then(
        (outcome) => {
          if (outcome === 'late')
            logger.error({ timeoutMs }, 'not stopped in time; KAIZEN_SHUTDOWN_TIMEOUT gives more');
          else logger.info('stopped');
          resolve(outcome === 'late' ? 1 : code);
        },
        (error: unknown) => resolve(failed(error, logger, 'stopping failed')),
      );
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      host.on(signal, () => {
        // Whoever asks twice does not want to wait.
        if (stopping) resolve(signal === 'SIGINT' ? 130 : 143);
        stop(signal, 0);
      });
    }
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      host.on(event, (error) => {
        failed(error, logger, event);
        stop(event, 1);
      });
    }
    service.done?.then(
      () => stop('done', 0),
      (error: unknown) => {
        failed(error, logger, 'cannot go on');
        stop('failed', 1);
      },
    );
  });

/**
 * Runs a program until SIGTERM or SIGINT, then closes it within KAIZEN_SHUTDOWN_TIMEOUT and exits: 0 after a clean stop,
 * 1 where the settings are wrong (all mistakes printed, no stack), it could not start, failed, or did not stop in time.
 */
export const runMain = async <E extends Entries>(program: Program<E>, host: ProcessLike): Promise<void> => {
  // A service outlives whoever reads its log. Told as an uncaught error, the loss would be logged, and fail, for ever.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => undefined);
  const reading = readBoth(program, host.env);
  if (reading.type === 'refused') {
    host.stderr.write(`${program.name} cannot start. ${describeProblems(reading.problems)}\n`);
    host.exit(1);
    return;
  }
  const logger = createStderrLogger({ service: program.name, level: reading.own.logLevel }, host.stderr);
  for (const { variable, problem, remedy } of misspelledVariables(host.env, program.settings))
    logger.warn(`${variable} ${problem}. ${remedy}`);
  try {
    const service = await program.start(reading.settings, logger);
    host.exit(await supervise({ host, logger, timeoutMs: reading.own.shutdownTimeoutMs }, service));
  } catch (error) {
    if (isForOperator(error)) host.stderr.write(`${program.name} cannot start: ${error.message}\n`);
    else failed(error, logger, 'cannot start');
    host.exit(1);
  }
};
