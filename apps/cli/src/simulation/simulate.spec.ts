import { describe, expect, it } from '@jest/globals';
import { type EventDefaults, phaseOf, readEvent, toJson } from '@kaizen-trace/contracts';
import { estimatedLength, simulateEmissions, simulateEvents, type SimulationOptions } from './fleet.js';

const start = 1_795_000_000_000_000n;
const options = (changes: Partial<SimulationOptions> = {}): SimulationOptions => ({
  agents: 4,
  traces: 60,
  rate: 0,
  seed: 'spec',
  start,
  openFor: 0,
  ...changes,
});

/** PREs less POSTs, by trace and call_id where there is one, else by trace, agent and kind. */
const balance = (changes: Partial<SimulationOptions>): Map<string, number> => {
  const open = new Map<string, number>();
  for (const event of simulateEvents(options(changes))) {
    const { phase, kind } = phaseOf(event.eventType);
    if (phase === 'point') continue;
    const key = `${event.traceId} ${event.agentId} ${kind} ${event.callId ?? ''}`;
    open.set(key, (open.get(key) ?? 0) + (phase === 'pre' ? 1 : -1));
  }
  return open;
};

/** Nothing may be left out, so nothing may be asked for. */
const none: EventDefaults = {
  now: () => {
    throw new Error('no timestamp');
  },
  newId: () => {
    throw new Error('no event_id');
  },
  newTraceId: () => {
    throw new Error('no trace_id');
  },
};

describe('the simulated fleet', () => {
  it('emits events that are valid, complete, and equal to what their JSON reads as', () => {
    for (const rate of [0, 700]) {
      for (const event of simulateEvents(options({ rate, openFor: 3_600_000_000 }))) {
        const reading = readEvent(JSON.parse(JSON.stringify(toJson(event))), none);
        expect(reading).toEqual({ type: 'accepted', event });
      }
    }
  });

  it('gives no event_id twice', () => {
    const ids = [...simulateEvents(options())].map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('gives the same events for the same seed and start', () => {
    expect([...simulateEvents(options())]).toEqual([...simulateEvents(options())]);
  });

  it('gives other ids for another start, and other runs for another seed', () => {
    const ids = (changes: Partial<SimulationOptions>) =>
      new Set([...simulateEvents(options(changes))].map(({ eventId }) => eventId));
    const first = ids({});
    const later = ids({ start: start + 1n });
    expect([...later].filter((id) => first.has(id))).toEqual([]);
    expect([...simulateEvents(options({ seed: 'other' }))].length).not.toBe(first.size);
  });

  it('begins as many traces as asked, each with one root loop', () => {
    const events = [...simulateEvents(options({ traces: 17 }))];
    expect(new Set(events.map(({ traceId }) => traceId)).size).toBe(17);
    const roots = events.filter((e) => e.eventType === 'pre_agent_loop' && e.parentCallId === undefined);
    expect(roots).toHaveLength(17);
  });

  it('closes every operation exactly once where nobody dies', () => {
    expect([...balance({ deathRate: 0 }).values()].filter((count) => count !== 0)).toEqual([]);
  });

  it('leaves operations open where agents die, and closes none twice', () => {
    const counts = [...balance({ deathRate: 1 }).values()];
    expect(Math.min(...counts)).toBe(0);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(60);
  });

  it('names a parent that is in the same trace wherever it names one', () => {
    const calls = new Set<string>();
    const events = [...simulateEvents(options())];
    for (const { traceId, callId } of events) if (callId !== undefined) calls.add(`${traceId} ${callId}`);
    const parents = events.filter(({ parentCallId }) => parentCallId !== undefined);
    expect(parents.length).toBeGreaterThan(100);
    expect(parents.filter((e) => !calls.has(`${e.traceId} ${e.parentCallId!}`))).toEqual([]);
  });

  it('plays all that a pipeline must stand: parallel tools, failures, stragglers, points, kinds of its own', () => {
    const events = [...simulateEvents(options())];
    const types = new Set(events.map(({ eventType }) => eventType));
    for (const type of ['pre_quality_gate', 'post_permission_check', 'user_message', 'guardrail_checked']) {
      expect(types).toContain(type);
    }
    expect(events.some(({ result }) => result?.success === false && result.stack !== undefined)).toBe(true);
    let late = 0;
    let postFirst = 0;
    const seen = new Set<string>();
    let greatest = 0n;
    for (const { callId, eventType, timestamp } of events) {
      if (timestamp < greatest) late++;
      else greatest = timestamp;
      if (callId === undefined) continue;
      if (eventType === 'post_tool_use' && !seen.has(callId)) postFirst++;
      if (eventType === 'pre_tool_use') seen.add(callId);
    }
    expect(late).toBeGreaterThan(5);
    expect(postFirst).toBeGreaterThan(0);
  });

  it('keeps long operations open for exactly the time asked, while others go on', () => {
    for (const rate of [0, 500]) {
      const openFor = 30 * 3600 * 1_000_000;
      const events = [...simulateEvents(options({ openFor, rate, deathRate: 0, traces: 8 }))];
      const opened = new Map(events.filter((e) => e.eventType === 'pre_tool_use').map((e) => [e.callId, e]));
      const long = events
        .filter((e) => e.eventType === 'post_tool_use')
        .map((e) => e.timestamp - opened.get(e.callId)!.timestamp)
        .filter((duration) => duration > 3600_000_000n);
      expect(long).toHaveLength(2);
      for (const duration of long) {
        expect(Number(duration)).toBeGreaterThanOrEqual(openFor);
        expect(Number(duration)).toBeLessThan(openFor + 1_000_000);
      }
    }
  });

  it('spaces events evenly where a rate is given', () => {
    const moments = [...simulateEmissions(options({ rate: 1000 }))].map(({ at }) => at);
    expect(moments.every((at, index) => Math.abs(at - index * 1000) < 1)).toBe(true);
  });

  it('ends about when it says', () => {
    const all = options({ traces: 200 });
    const last = [...simulateEmissions(all)].at(-1)!.at;
    expect(estimatedLength(all) / last).toBeGreaterThan(0.5);
    expect(estimatedLength(all) / last).toBeLessThan(2);
  });

  it('holds only the runs under way: the first event of a million traces is there at once', () => {
    const [first] = simulateEvents(options({ traces: 1_000_000_000 }));
    expect(first?.eventType).toBe('pre_agent_loop');
  });
});
