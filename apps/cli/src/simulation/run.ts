import { openRecorder, type PlannedSection, type RunIdentity } from './plan.js';
import type { Random } from './random.js';
import {
  type Actor,
  callTools,
  llmCall,
  readMemory,
  saveMemory,
  simple,
  type Stage,
  waitLong,
} from './steps.js';
import { type Angle, models, type Team, type Topic, type Worker } from './teams.js';

/** How one run goes, apart from chance. */
export interface RunShape {
  readonly team: Team;
  /** Number of the team's crew: its agents' ids end in it. */
  readonly crew: number;
  readonly topic: Topic;
  /** How many workers the lead sends out. */
  readonly workers: number;
  /** The most turns a worker takes. */
  readonly turns: number;
  /** Chance of each model or tool call to fail. */
  readonly failureRate: number;
  /** Who dies in the middle, never to be heard of again. */
  readonly death: 'nobody' | 'worker' | 'lead';
  /** Whether the lead waits for its long tool. */
  readonly waits: boolean;
}

interface Assignment {
  readonly actor: Actor;
  readonly worker: Worker;
  readonly angle: Angle;
  readonly turns: number;
  readonly dies: boolean;
}

/** One worker's loop, inside the invocation that `callId` names. Returns when it fell silent. */
const work = (
  stage: Stage,
  { actor, worker, angle, turns, dies }: Assignment,
  from: { at: number; callId: string },
) => {
  const { recorder, random } = stage;
  const { agentId } = actor;
  const loop = recorder.open(from.at, {
    kind: 'agent_loop',
    agentId,
    parentCallId: from.callId,
    data: { task: worker.task.replace('{angle}', angle.name), role: worker.role },
  });
  let time = readMemory(stage, actor, from.at + random.duration(20));
  const count = random.between(1, turns);
  for (let turn = 1; turn <= count; turn++) {
    time = llmCall(stage, actor, { at: time + random.duration(8), purpose: 'choose tools' });
    const calls = Array.from({ length: random.between(1, 3) }, () => ({
      at: time + random.duration(5),
      tool: random.pick(worker.tools),
      angle: angle.name,
      dies: dies && turn === count,
    }));
    time = callTools(stage, actor, calls);
    if (dies && turn === count) return time;
  }
  time = llmCall(stage, actor, {
    at: time + random.duration(8),
    purpose: 'summarise findings',
    completion: angle.finding,
  });
  time = saveMemory(stage, actor, time);
  recorder.close(time, loop, { data: { turns: count, summary: angle.finding } });
  return time;
};

/** The lead hands a part of the goal to a worker and waits for it. Returns when it knows the outcome. */
const delegate = (
  stage: Stage,
  lead: Actor,
  task: { readonly at: number; readonly loopCallId: string; readonly assignment: Assignment },
) => {
  const { recorder, random } = stage;
  const { actor, worker, angle, dies } = task.assignment;
  const callId = recorder.callId('invoke');
  const invocation = recorder.open(task.at, {
    kind: 'specialist_invoke',
    agentId: lead.agentId,
    callId,
    // They run side by side: without this each would be taken for a part of the one before.
    parentCallId: task.loopCallId,
    name: { specialist_name: worker.role },
    data: { specialist_agent: actor.agentId, angle: angle.name },
  });
  const end = work(stage, task.assignment, { at: task.at + random.duration(30), callId });
  if (!dies) {
    const known = end + random.duration(20);
    recorder.close(known, invocation, { data: { angle: angle.name } });
    return known;
  }
  const given = end + 20_000_000;
  recorder.close(given, invocation, {
    result: {
      success: false,
      error: `no heartbeat of ${actor.agentId} for 20 s`,
      errorType: 'WorkerLostError',
    },
  });
  return given;
};

const plan = (stage: Stage, lead: Actor, at: number): number => {
  const { recorder, random, topic } = stage;
  const planning = recorder.open(at, {
    kind: 'plan_generation',
    agentId: lead.agentId,
    data: { goal: topic },
  });
  const end = llmCall(stage, lead, { at: at + random.duration(10), purpose: 'plan' });
  recorder.close(end, planning, { data: { steps: random.between(3, 7), revised: false } });
  return end;
};

/** A kind of the team's own: what the lead looks at before it hands over. */
const gate = (stage: Stage, lead: Actor, at: number): number => {
  const { recorder, random } = stage;
  const opened = recorder.open(at, { kind: 'quality_gate', agentId: lead.agentId, data: { rubric: 'v3' } });
  const end = llmCall(stage, lead, {
    at: at + random.duration(10),
    purpose: 'grade',
    callId: recorder.callId('msg'),
  });
  const score = random.between(60, 100);
  recorder.point(end, {
    agentId: lead.agentId,
    eventType: 'guardrail_checked',
    data: { guardrail: 'no_personal_data', score },
    result: { success: true },
  });
  const closed = end + random.duration(5);
  recorder.close(closed, opened, { data: { score, passed: true } });
  return closed;
};

const assign = (random: Random, { team, crew, topic, workers, turns, death }: RunShape): Assignment[] =>
  Array.from({ length: workers }, (_, index) => {
    const worker = team.workers[index % team.workers.length]!;
    const again = Math.floor(index / team.workers.length);
    return {
      actor: {
        agentId: `${worker.role}-${crew}${again === 0 ? '' : `.${again + 1}`}`,
        model: random.pick(models.slice(1)),
      },
      worker,
      angle: topic.angles[index % topic.angles.length]!,
      turns,
      dies: death === 'worker' && index === workers - 1,
    };
  });

/** Delays some events on their way, and lets some POSTs overtake their PRE. Only where a call_id keeps pairs together. */
const straggle = (section: PlannedSection, random: Random): void => {
  const opened = new Map<string, PlannedSection['events'][number]>();
  for (const planned of section.events) {
    const { callId, eventType } = planned.draft;
    const isPoint = !eventType.startsWith('pre_') && !eventType.startsWith('post_');
    if (eventType.startsWith('pre_tool_use') && callId !== undefined) opened.set(callId, planned);
    if (eventType.startsWith('post_tool_use') && callId !== undefined) {
      const pre = opened.get(callId);
      if (pre && planned.at - pre.at < 10_000_000 && random.chance(0.01)) {
        pre.delay = planned.at - pre.at + random.between(1_000, 50_000);
      } else if (random.chance(0.02)) planned.delay = random.between(200_000, 8_000_000);
    } else if (isPoint && random.chance(0.05)) planned.delay = random.between(200_000, 8_000_000);
  }
};

/** Plans one run from end to end. The events of a section stand in no order; each says when it happens. */
export const planRun = (shape: RunShape, identity: RunIdentity, random: Random): PlannedSection => {
  const { team, crew, topic, waits, death, failureRate } = shape;
  const recorder = openRecorder(identity);
  const stage: Stage = { recorder, random, topic: topic.title, failureRate };
  const lead: Actor = { agentId: `${team.lead}-${crew}`, model: models[0] };
  const { agentId } = lead;
  const loopCallId = recorder.callId('loop');
  const loop = recorder.open(0, {
    kind: 'agent_loop',
    agentId,
    callId: loopCallId,
    data: { goal: team.goal.replace('{topic}', topic.title) },
  });
  recorder.point(1_000, {
    agentId,
    eventType: 'user_message',
    data: { channel: 'api', chars: random.between(20, 900) },
  });
  let time = readMemory(stage, lead, random.duration(30));
  time = plan(stage, lead, time);
  const sentOut = time;
  for (const [index, assignment] of assign(random, shape).entries()) {
    const at = sentOut + index * random.duration(4);
    time = Math.max(time, delegate(stage, lead, { at, loopCallId, assignment }));
  }
  time = simple(stage, {
    at: time + random.duration(10),
    typicalMs: 50,
    kind: 'checkpoint_save',
    agentId,
    before: { checkpoint: 'after-workers' },
    after: { bytes: random.between(2_000, 90_000) },
  });
  if (death === 'lead') recorder.dieAt(sentOut + (time - sentOut) * (0.3 + 0.5 * random.next()));
  else {
    if (waits) time = waitLong(stage, lead, { at: time, tool: team.longTool, angle: topic.angles[0]!.name });
    time = gate(stage, lead, time + random.duration(20));
    time = llmCall(stage, lead, { at: time, purpose: 'final answer' });
    recorder.close(time + random.duration(10), loop, {
      data: { workers: shape.workers, outcome: 'delivered' },
    });
  }
  straggle(recorder.first, random);
  return recorder.first;
};
