import type { HookContext } from '@kaizen-trace/contracts';
import { happened, type PlannedEvent, type PlannedSection, timeOrderedId } from './plan.js';
import { openTimeQueue, type TimeQueue } from './queue.js';
import { openRandom, type Random } from './random.js';
import { planRun, type RunShape } from './run.js';
import { teams } from './teams.js';

/** What a simulated fleet does. Equal options give equal events, ids and times included. */
export interface SimulationOptions {
  /** Crews at work at the same time, at least 1; each has a lead and workers. */
  readonly agents: number;
  /** Runs in all; each is one trace. */
  readonly traces: number;
  /** Events a second, in the time of the events: 0 lets the agents take the time that such work takes. */
  readonly rate: number;
  readonly seed: string;
  /** Microseconds since the epoch: the time of the first event. */
  readonly start: bigint;
  /** Microseconds that a long operation stays open; 0: there are none. One run in four has one. */
  readonly openFor: number;
  /** Chance of a model or tool call to fail; 0.04 by default. */
  readonly failureRate?: number;
  /** Chance of a run to lose an agent; 0.06 by default. */
  readonly deathRate?: number;
}

/** An event, and when it reaches the log: microseconds after the simulation's start. */
export interface Emission {
  readonly event: HookContext;
  readonly at: number;
}

type Happening =
  | { readonly type: 'begin'; readonly crew: number }
  | { readonly type: 'occur'; readonly planned: PlannedEvent }
  | { readonly type: 'arrive'; readonly event: HookContext };

/** The clock that events show: the agents' own time, or one even step an event where a rate is given. */
interface Timeline {
  /** When the next thing would happen that is due at `natural` in the agents' own time. */
  peek(natural: number): number;
  /** Moves to that time; an event that is emitted takes a step. */
  advance(natural: number, steps: 0 | 1): number;
  /** Moves to `time`, after a wait with nothing else to do. */
  jump(time: number): void;
}

const openTimeline = (rate: number): Timeline => {
  if (rate === 0) {
    return { peek: (natural) => natural, advance: (natural) => natural, jump: () => undefined };
  }
  const step = 1_000_000 / rate;
  let slot = 0;
  return {
    peek: () => slot,
    advance(_natural, steps) {
      const time = slot;
      slot += steps * step;
      return time;
    },
    jump: (time) => void (slot = Math.max(slot, time)),
  };
};

const shapeOf = (
  { openFor, failureRate = 0.04, deathRate = 0.06 }: SimulationOptions,
  trace: { readonly index: number; readonly crew: number },
  random: Random,
): RunShape => {
  const team = teams[trace.crew % teams.length]!;
  const waits = openFor > 0 && trace.index % 4 === 0;
  return {
    team,
    crew: trace.crew + 1,
    topic: random.pick(team.topics),
    workers: random.between(1, team.workers.length + 1),
    turns: random.between(1, 4),
    failureRate,
    death: random.chance(deathRate) && !waits ? random.pick(['worker', 'lead'] as const) : 'nobody',
    waits,
  };
};

interface Fleet {
  readonly options: SimulationOptions;
  readonly ids: Random;
  readonly happenings: TimeQueue<Happening>;
  /** Sections that begin when their long operation has lasted its time, by the clock that events show. */
  readonly waiting: TimeQueue<PlannedSection>;
  readonly timeline: Timeline;
  begun: number;
}

const schedule = (fleet: Fleet, section: PlannedSection, natural: number): number => {
  let last = natural;
  for (const planned of section.events) {
    const at = natural + planned.at;
    if (at > last) last = at;
    fleet.happenings.push(at, { type: 'occur', planned });
  }
  return last;
};

/** Begins the next run of a crew, if there is one left. */
const begin = (fleet: Fleet, crew: number, natural: number): void => {
  const { options, ids } = fleet;
  if (fleet.begun >= options.traces) return;
  const index = fleet.begun++;
  const random = openRandom(`${options.seed}/${index}`);
  const shape = shapeOf(options, { index, crew }, random);
  const traceId = timeOrderedId(options.start + BigInt(Math.floor(natural)), ids);
  const identity = { traceId, serviceName: shape.team.service, runId: `run-${index + 1}`, ids };
  const end = schedule(fleet, planRun(shape, identity, random), natural);
  fleet.happenings.push(end + random.duration(2_000), { type: 'begin', crew });
};

const microsecond = (time: number): bigint => BigInt(Math.floor(time));

/** What happens next, as emissions: none for what is only prepared. */
const takeNext = (fleet: Fleet): Emission | undefined => {
  const { happenings, timeline, options, ids, waiting } = fleet;
  const { time: natural, item } = happenings.pop();
  switch (item.type) {
    case 'begin':
      begin(fleet, item.crew, natural);
      return undefined;
    case 'arrive':
      return { event: item.event, at: timeline.advance(natural, 1) };
    case 'occur': {
      const { draft, delay, holds } = item.planned;
      const at = timeline.advance(natural, delay > 0 ? 0 : 1);
      const event = happened(draft, options.start + microsecond(at), ids);
      if (holds) waiting.push(at + options.openFor, holds);
      if (delay === 0) return { event, at };
      happenings.push(natural + delay, { type: 'arrive', event });
      return undefined;
    }
  }
};

/** The fleet's events in the order in which they reach the log, each with its moment. Memory: the runs under way. */
export function* simulateEmissions(options: SimulationOptions): Iterable<Emission> {
  const fleet: Fleet = {
    options,
    ids: openRandom(`${options.seed}@${options.start}`),
    happenings: openTimeQueue(),
    waiting: openTimeQueue(),
    timeline: openTimeline(options.rate),
    begun: 0,
  };
  const { happenings, waiting, timeline } = fleet;
  for (let crew = 0; crew < options.agents; crew++) happenings.push(crew * 137_000, { type: 'begin', crew });
  let natural = 0;
  for (;;) {
    const next = happenings.nextTime();
    const due = waiting.nextTime();
    if (next === undefined && due === undefined) return;
    if (due !== undefined && (next === undefined || due <= timeline.peek(next))) {
      const { time, item } = waiting.pop();
      timeline.jump(time);
      if (options.rate === 0) natural = time;
      schedule(fleet, item, natural);
      continue;
    }
    natural = next!;
    const emission = takeNext(fleet);
    if (emission) yield emission;
  }
}

/** The fleet's events in the order in which they reach the log: valid, and the same for the same options. */
export function* simulateEvents(options: SimulationOptions): Iterable<HookContext> {
  for (const { event } of simulateEmissions(options)) yield event;
}

/** About how long the fleet's work takes by its own clock, in microseconds; for a start that ends about now. */
export const estimatedLength = ({ agents, traces, openFor }: SimulationOptions): number =>
  Math.ceil(traces / agents) * 30_000_000 + openFor;
