import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { assemblyFrom } from '@kaizen-trace/assembler-runtime';
import type { LogConnection } from '@kaizen-trace/ports';
import {
  createTally,
  endpointOf,
  guardLayout,
  nowhere,
  openFileTarget,
  openOtlpTarget,
  planReplay,
  readResume,
  runReplay,
  runVerify,
  type FileFormat,
  type PlanSource,
  type RangeRequest,
  type ReplayEnd,
  type ReplayJob,
  type ReplayPosition,
  type ReplayTarget,
  type TargetChoice,
  type VerifyEnd,
} from '@kaizen-trace/replay';
import {
  assemblySettings,
  defineSettings,
  describeProblems,
  readSettings,
  type SettingsOf,
  traceStoreSettings,
} from '@kaizen-trace/settings';
import { unreachable } from '@kaizen-trace/contracts';
import { logName, openExistingLog } from '../sending/existing-log.js';
import { cliSettings } from '../settings.js';
import { CommandError, type CommandContext, exitCodes, type ExitCode } from '../terminal/io.js';
import { count, showProgress } from '../terminal/progress.js';
import { createLists } from './lists.js';
import { progressOf, summaryOf, verdictOf } from './progress-text.js';

/** What the command line said, each part checked by itself. */
export interface ReplayOptions extends RangeRequest {
  readonly traceId: readonly string[];
  readonly service: readonly string[];
  readonly otlp?: string | true;
  readonly file?: string;
  readonly format: FileFormat;
  readonly dryRun: boolean;
  readonly verify: boolean;
  readonly skipIncomplete: boolean;
  readonly force: boolean;
  readonly parallel: number;
  readonly timeout: number;
  readonly json: boolean;
  readonly resume?: string;
  readonly resumeFile?: string;
}

const replaySettings = defineSettings({
  ...cliSettings.entries,
  assembly: assemblySettings,
  store: traceStoreSettings,
});

type Settings = SettingsOf<typeof replaySettings.entries>;

const readAll = ({ env }: CommandContext): Settings => {
  const outcome = readSettings(replaySettings, env);
  if (outcome.type === 'refused') throw new CommandError(describeProblems(outcome.problems));
  return outcome.settings;
};

/** Which log it is: offsets of one mean nothing in another. */
const identityOf = ({ log }: Settings): string =>
  log.kafka === undefined
    ? `the embedded log in ${resolve(log.dataDirectory)}`
    : `the topic ${log.topicPrefix}hook-events`;

const wayOut = 'name where spans go: --otlp, --file PATH, --dry-run, or --verify to compare only';

/** @throws CommandError where none or more than one was named. */
const targetOf = (options: ReplayOptions): TargetChoice => {
  const { otlp, file, format, dryRun } = options;
  const named = [otlp !== undefined, file !== undefined, dryRun].filter(Boolean).length;
  if (named !== 1) throw new CommandError(named === 0 ? wayOut : `only one of them, please: ${wayOut}`);
  if (file !== undefined) return { type: 'file', path: file, format };
  return dryRun
    ? { type: 'nowhere' }
    : { type: 'otlp', endpoint: typeof otlp === 'string' ? otlp : undefined };
};

interface Opening {
  readonly settings: Settings;
  readonly options: ReplayOptions;
  readonly note: (line: string) => void;
}

const openTarget = async (
  choice: TargetChoice,
  resumeAt: ReplayPosition | undefined,
  { settings, options, note }: Opening,
): Promise<ReplayTarget> => {
  switch (choice.type) {
    case 'otlp': {
      const { client } = endpointOf(choice.endpoint, settings.backend);
      let said = '';
      const onWait = (reason: string): void => {
        if (reason !== said) note(`${reason}; trying again`);
        said = reason;
      };
      return openOtlpTarget({ client, timeoutMs: options.timeout, onWait });
    }
    case 'file':
      return openFileTarget({ ...choice, resumeAt: resumeAt?.writtenBytes });
    case 'nowhere':
      return nowhere;
    default:
      return unreachable(choice);
  }
};

const planSource = (settings: Settings, log: LogConnection): PlanSource => ({
  log,
  owner: {
    group: settings.log.groups.assembler,
    topic: `${settings.log.topicPrefix}hook-events`,
  },
  configured: () => Promise.resolve(assemblyFrom(settings.assembly)),
});

const plansOf = (settings: Settings, log: LogConnection, options: ReplayOptions) =>
  planReplay(planSource(settings, log), {
    from: options.from,
    to: options.to,
    partitions: options.partitions,
    layout: options.layout,
  });

const guard = (settings: Settings, job: ReplayJob): void => {
  if (job.target.type !== 'otlp' || job.forced) return;
  const { backend, store } = settings;
  // The environment names the live endpoint; a trace store of our own listens at its own port.
  const live = [endpointOf(undefined, backend).canonical, `localhost:${store.otlpPort}`];
  guardLayout(endpointOf(job.target.endpoint, backend), job.plans, live);
};

const newJob = async (settings: Settings, log: LogConnection, options: ReplayOptions): Promise<ReplayJob> => {
  const target = targetOf(options);
  return {
    log: identityOf(settings),
    target,
    filter: { traceIds: options.traceId, services: options.service },
    skipIncomplete: options.skipIncomplete,
    forced: options.force,
    plans: await plansOf(settings, log, options),
  };
};

const resumedJob = async (settings: Settings, file: string, options: ReplayOptions) => {
  const { from, to, partitions, layout, otlp, file: path } = options;
  const repeated = [from, to, partitions, layout, otlp, path].some((each) => each !== undefined);
  if (repeated || options.dryRun || options.traceId.length > 0 || options.service.length > 0)
    throw new CommandError('--resume: range, filters and target are in the file; leave them out');
  const found = await readResume(file);
  if (found.job.log !== identityOf(settings)) {
    throw new CommandError(
      `--resume ${file}: it belongs to ${found.job.log}, the environment names ${identityOf(settings)}`,
    );
  }
  return found;
};

const explain = (end: ReplayEnd, resumeFile: string | undefined, note: Opening['note']): ExitCode => {
  const goOn = resumeFile === undefined ? '' : `; go on with: kaizen-trace replay --resume ${resumeFile}`;
  switch (end.type) {
    case 'done':
      return end.refused > 0 ? exitCodes.refusedLines : exitCodes.done;
    case 'interrupted':
      note(`interrupted${goOn}`);
      return exitCodes.interrupted;
    case 'failed':
      note(`gave up: ${end.reason}${goOn}`);
      return exitCodes.failed;
    default:
      return unreachable(end);
  }
};

const replay = async (context: CommandContext, log: LogConnection, opening: Opening): Promise<ExitCode> => {
  const { settings, options, note } = opening;
  const resumed =
    options.resume === undefined ? undefined : await resumedJob(settings, options.resume, options);
  const job = resumed?.job ?? (await newJob(settings, log, options));
  guard(settings, job);
  const fresh = options.resumeFile ?? `kaizen-replay-${randomBytes(3).toString('hex')}.json`;
  const resumeFile = job.target.type === 'nowhere' ? undefined : (options.resume ?? fresh);
  const target = await openTarget(job.target, resumed?.at, opening);
  const tally = createTally(job.plans);
  const progress = showProgress(context.stderr, () => progressOf(tally, target.name));
  const stop = (): void => {
    progress.stop();
    note(summaryOf(tally, job, target.name));
  };
  try {
    const end = await runReplay(job, {
      log,
      topic: `${settings.log.topicPrefix}hook-events`,
      target,
      parallel: options.parallel,
      lists: createLists(context.stdout, options.json),
      tally,
      refused: (spans, reason) => progress.note(`${count(spans)} spans refused: ${reason}`),
      signal: context.signal,
      resumeFile,
      resumeAt: resumed?.at,
    }).finally(stop);
    return explain(end, resumeFile, note);
  } finally {
    await target.close();
  }
};

const explainVerify = (end: VerifyEnd, note: Opening['note']): ExitCode => {
  switch (end.type) {
    case 'done':
      return end.differences > 0 ? exitCodes.refusedLines : exitCodes.done;
    case 'interrupted':
      note('interrupted; what was listed so far stands');
      return exitCodes.interrupted;
    case 'failed':
      note(`gave up: ${end.reason}`);
      return exitCodes.failed;
    default:
      return unreachable(end);
  }
};

const verify = async (
  context: CommandContext,
  log: LogConnection,
  { settings, options, note }: Opening,
): Promise<ExitCode> => {
  const { otlp, file, dryRun, layout } = options;
  if (otlp !== undefined || file !== undefined || dryRun || layout !== undefined)
    throw new CommandError(
      '--verify exports nothing, with the settings of the state: leave out --otlp, --file, --dry-run and --layout',
    );
  const plans = await plansOf(settings, log, options);
  const tally = createTally(plans);
  const progress = showProgress(context.stderr, () => progressOf(tally, 'compare'));
  const { end, sum } = await runVerify(plans, {
    log,
    spans: log.spans({ group: settings.log.groups.exporter }),
    owner: planSource(settings, log).owner,
    filter: { traceIds: options.traceId, services: options.service },
    parallel: options.parallel,
    lists: createLists(context.stdout, options.json),
    tally,
    signal: context.signal,
  });
  progress.stop();
  const spansTopic = `${settings.log.topicPrefix}spans`;
  for (const line of verdictOf(sum, { spansTopic, tally, partitions: plans.length })) note(line);
  return explainVerify(end, note);
};

/** Runs `replay`. @throws CommandError where it cannot begin. */
export const replayCommand = async (context: CommandContext, options: ReplayOptions): Promise<ExitCode> => {
  const settings = readAll(context);
  if (!options.verify && options.resume === undefined) targetOf(options);
  // Nothing is trimmed from here: how long records are kept is the business of whoever runs the log.
  const { kafka, retentionMs } = settings.log;
  const log = await openExistingLog({
    ...settings.log,
    retentionMs: kafka === undefined ? Infinity : retentionMs,
  });
  const note = (line: string): void => void context.stderr.write(`${line}\n`);
  note(`reading ${logName(settings.log)}`);
  try {
    return await (options.verify ? verify : replay)(context, log, { settings, options, note });
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error) || !('code' in error)) throw error;
    // Errors of the log and of the state name the remedy themselves.
    if (!String(error.code).startsWith('KAIZEN_')) throw error;
    throw new CommandError(error.message, { cause: error });
  } finally {
    await log.close();
  }
};
