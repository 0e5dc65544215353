import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { EventJson } from '@kaizen-trace/contracts';
import { eventsOf, fixtureText, recording } from '../testing/fixtures.js';
import { spansOf, treeOf } from '../testing/tree.js';

const idOf = ({ event_id }: EventJson): string => (typeof event_id === 'string' ? event_id : '');

describe.each(['recorded', 'eventful'])('the %s session', (name) => {
  it.each(['operations', 'events'] as const)('gives its tree in layout %s', (layout) => {
    const tree = treeOf(spansOf(eventsOf(recording(name)), layout));
    const file = `${name}.${layout}.txt`;
    // KAIZEN_GOLDEN=write renews the trees; look at the difference before it is committed.
    if (process.env.KAIZEN_GOLDEN === 'write')
      writeFileSync(new URL(`../../fixtures/claude-code/${file}`, import.meta.url), tree);
    expect(tree).toBe(fixtureText(file));
  });

  it('gives the same trace when every payload comes twice, with the same ids where ids are told', () => {
    const received = recording(name);
    const once = spansOf(eventsOf(received), 'operations');
    const ids = new Set(
      eventsOf(received)
        .map(idOf)
        .filter((id) => !id.startsWith('fresh')),
    );
    const again = eventsOf(received).map(idOf);
    for (const id of ids) expect(again).toContain(id);
    const events = eventsOf(received);
    // A repeat of an event with an id of its own is recognised; those without one get a fresh id from each sender.
    const repeated = events.flatMap((event) => (idOf(event).startsWith('fresh') ? [event] : [event, event]));
    expect(treeOf(spansOf(repeated, 'operations'))).toBe(treeOf(once));
  });

  it('holds nothing that people, models or tools wrote, unless it is asked for', () => {
    const words = /MAIN-|SUBTASK|All done|notes read|Second answer|one\\ntwo|forbidden|SECRET-CONTENT/;
    expect(JSON.stringify(eventsOf(recording(name)))).not.toMatch(words);
    expect(JSON.stringify(eventsOf(recording(name), { captureContent: true }))).toMatch(words);
  });

  it('gives one trace for each prompt where that is wanted, and a subagent stays in the one where it began', () => {
    const events = eventsOf(recording(name), { trace: 'prompt' });
    const tree = treeOf(spansOf(events, 'operations'));
    expect(tree).not.toMatch(/no such parent|abandoned/);
    expect(new Set(events.map(({ trace_id }) => trace_id)).size).toBeGreaterThan(1);
    const agents = new Map<unknown, Set<unknown>>();
    for (const { metadata, trace_id } of events) {
      const { subagent_id } = metadata as { subagent_id?: string };
      if (subagent_id !== undefined)
        agents.set(subagent_id, (agents.get(subagent_id) ?? new Set()).add(trace_id));
    }
    for (const traces of agents.values()) expect(traces.size).toBe(1);
  });
});
