import { rm, readFile, rename, writeFile } from 'node:fs/promises';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { codeOf, reasonOf } from '@kaizen-trace/sending';
import { ReplayRefusedError } from './errors.js';
import type { FileFormat } from './file-target.js';
import type { PartitionPlan } from './plan.js';
import type { SpanFilter } from './span-filter.js';

/** Where spans go, as it can be written down: no headers and no keys, which stay in the environment. */
export type TargetChoice =
  /** Undefined: the backend of the environment. */
  | { readonly type: 'otlp'; readonly endpoint: string | undefined }
  | { readonly type: 'file'; readonly path: string; readonly format: FileFormat }
  | { readonly type: 'nowhere' };

/** Everything that a replay does, settled: two runs of one job send the same spans. */
export interface ReplayJob {
  /** Whose log it is: the offsets mean nothing elsewhere. */
  readonly log: string;
  readonly target: TargetChoice;
  readonly filter: SpanFilter;
  readonly skipIncomplete: boolean;
  /** Whether another layout may go to where the live spans go. */
  readonly forced: boolean;
  readonly plans: readonly PartitionPlan[];
}

/** A job that was interrupted: what was answered for is not sent again. */
export interface ReplayPosition {
  /** By partition; spans of records below are with the target. */
  readonly positions: ReadonlyMap<number, bigint>;
  readonly writtenBytes: number | undefined;
  readonly taken: number;
  readonly refused: number;
}

const version = 1;
const offsetNames = ['lookFrom', 'foldFrom', 'from', 'to'] as const;

/** Writes the file anew, whole or not at all. @throws ReplayRefusedError where that cannot be done. */
export const saveResume = async (path: string, job: ReplayJob, at: ReplayPosition): Promise<void> => {
  const text = JSON.stringify(
    { version, ...job, ...at, positions: Object.fromEntries(at.positions) },
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    1,
  );
  try {
    await writeFile(`${path}.draft`, `${text}\n`);
    await rename(`${path}.draft`, path);
  } catch (error) {
    const remedy = 'name a place that can be written with --resume-file';
    throw new ReplayRefusedError(`cannot save the position in ${path}: ${reasonOf(error)}; ${remedy}`, {
      cause: error,
    });
  }
};

/** Takes the file away: the job is done. */
export const dropResume = (path: string): Promise<void> => rm(path, { force: true });

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOffset = (value: unknown): value is string => typeof value === 'string' && /^\d+$/.test(value);

const planFrom = (value: unknown): PartitionPlan | undefined => {
  if (!isObject(value) || typeof value.partition !== 'number' || !isObject(value.settings)) return undefined;
  if (!offsetNames.every((name) => isOffset(value[name])) || !Array.isArray(value.liveLayouts))
    return undefined;
  const offsets = Object.fromEntries(offsetNames.map((name) => [name, BigInt(value[name] as string)]));
  return { ...value, ...offsets, settings: { ...defaultSettings, ...value.settings } } as PartitionPlan;
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : reasonOf(error);
    throw new ReplayRefusedError(`--resume ${path}: ${why}; begin the replay afresh`, { cause: error });
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @throws ReplayRefusedError where the file is not there, or was not written by this release's `replay`. */
export const readResume = async (
  path: string,
): Promise<{ readonly job: ReplayJob; readonly at: ReplayPosition }> => {
  const broken = new ReplayRefusedError(
    `--resume ${path}: it is no file of a replay that this release can go on with`,
  );
  const stored = parse(await readText(path));
  if (!isObject(stored) || stored.version !== version || !Array.isArray(stored.plans)) throw broken;
  const plans = stored.plans.map(planFrom);
  const { log, target, filter, skipIncomplete, forced, positions, writtenBytes, taken, refused } = stored;
  if (plans.includes(undefined) || !isObject(positions) || !isObject(target) || !isObject(filter))
    throw broken;
  if (typeof log !== 'string' || !Object.values(positions).every(isOffset)) throw broken;
  return {
    job: {
      log,
      target: target as unknown as TargetChoice,
      filter: filter as unknown as SpanFilter,
      skipIncomplete: skipIncomplete === true,
      forced: forced === true,
      plans: plans as readonly PartitionPlan[],
    },
    at: {
      positions: new Map(
        Object.entries(positions).map(([partition, position]) => [
          Number(partition),
          BigInt(position as string),
        ]),
      ),
      writtenBytes: typeof writtenBytes === 'number' ? writtenBytes : undefined,
      taken: typeof taken === 'number' ? taken : 0,
      refused: typeof refused === 'number' ? refused : 0,
    },
  };
};
