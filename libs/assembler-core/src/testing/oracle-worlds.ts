import fc from 'fast-check';
import type { AssemblySettings } from '../settings.js';
import { defaultSettings } from '../settings.js';
import type { EventJson } from './oracle-events.js';
import { among, eventJson, kind, kinds, sometimes, toEvent } from './oracle-events.js';
import type { OracleRecord } from './oracle.js';

/** A small log with the settings that it is folded by. */
export interface SmallWorld {
  readonly settings: AssemblySettings;
  readonly records: readonly OracleRecord[];
}

const everyType = ['note', ...['pre_', 'post_', ''].flatMap((phase) => kinds.map((kind) => phase + kind))];

// So small that each limit and each deadline is met in almost every log.
const settings: fc.Arbitrary<AssemblySettings> = fc
  .record({
    layout: among('events' as const, 'operations' as const),
    reorderGraceMs: among(0, 5, 20, 50),
    openTtlMs: among(10, 40, 100, 300),
    maxAttributes: among(9, 11, 16, 128),
    maxStringLength: among(5, 12, 4096),
    nestedAsJson: fc.boolean(),
    maxOpenOperations: among(1, 2, 3, 5, 50, 50, 50),
    rememberedEventIds: among(1, 2, 4, 50),
    rememberedCallIds: among(1, 2, 4, 50),
    maxSpanEvents: among(0, 1, 3),
    absent: sometimes(among(['post_tool_use', 'pre_agent_loop'], ['pre_tool_use', 'interrupt', 'note']), 2),
  })
  .map(({ absent, ...limits }) => ({
    ...defaultSettings,
    ...limits,
    ...(absent === undefined ? {} : { eventsToTrace: everyType.filter((type) => !absent.includes(type)) }),
  }));

const step = fc.record({
  place: among<0 | 1 | 2>(0, 0, 0, 1, 1, 2),
  passed: among(0, 0, 0, 0, 0, 1, 1, 2, 3, 5, 5, 10, 20, 60, -3, -20),
  json: fc.oneof({ weight: 12, arbitrary: eventJson }, { weight: 1, arbitrary: fc.constant(undefined) }),
});

/**
 * How a log runs. Restless: deadlines pass all the time. Calm: little time passes, so much is open at once. Crowded:
 * calm, after a few dozen events of one trace, mostly PREs.
 */
type Mood = 'restless' | 'calm' | 'crowded';

const crowd = 64;

const inMood = (mood: Mood, passed: number): number =>
  mood === 'restless' || passed === 1 || passed === 2 ? passed : 0;

const settingsIn = (mood: Mood, chosen: AssemblySettings): AssemblySettings =>
  mood === 'crowded'
    ? { ...chosen, openTtlMs: 200, maxOpenOperations: 26 + chosen.maxOpenOperations }
    : chosen;

interface Recipe {
  readonly mood: Mood;
  readonly settings: AssemblySettings;
  readonly few: readonly [string, string, string];
  readonly steps: readonly { passed: number; place: 0 | 1 | 2; json: EventJson | undefined }[];
}

const worldOf = ({ mood, settings: chosen, few, steps }: Recipe): SmallWorld => {
  let appendTime = 100;
  const records = steps.map(({ passed, place, json }, position): OracleRecord => {
    appendTime = Math.max(0, appendTime + inMood(mood, passed));
    const offset = BigInt(position);
    if (json === undefined) return { offset, appendTime };
    const type = json.event_type.replace(/^(pre_|post_).*$/, `$1${few[place]}`);
    const crowding = mood === 'crowded' && position < crowd;
    const placed = crowding
      ? { event_type: place > 0 ? type : type.replace(/^post_/, 'pre_'), trace_id: 't1' }
      : { event_type: type };
    return { offset, appendTime, event: toEvent({ ...json, ...placed }, position) };
  });
  return { settings: settingsIn(mood, chosen), records };
};

const worlds = (
  mood: Mood,
  length: Readonly<{ minLength: number; maxLength: number }>,
): fc.Arbitrary<SmallWorld> =>
  fc
    .record({
      mood: fc.constant(mood),
      settings,
      few: fc.tuple(kind, kind, kind),
      steps: fc.array(step, { ...length, size: 'max' }),
    })
    .map(worldOf);

/** Logs of up to `maxLength` records, in which ids, names, times and limits collide all the time. */
export const smallWorlds = (maxLength: number): fc.Arbitrary<SmallWorld> =>
  fc.oneof(worlds('restless', { minLength: 1, maxLength }), worlds('calm', { minLength: 1, maxLength }));

/** Logs in which dozens of operations are open at once, and then up to `maxLength` records come. */
export const crowdedWorlds = (maxLength: number): fc.Arbitrary<SmallWorld> =>
  worlds('crowded', { minLength: crowd, maxLength: crowd + maxLength });
