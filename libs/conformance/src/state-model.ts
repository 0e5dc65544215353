import { expect } from '@jest/globals';
import type { StateEntry, StateStore } from '@kaizen-trace/ports';
import { dueOf, traceOfKey } from '@kaizen-trace/ports';
import { bytes, plain } from './harness.js';

/** What a partition's state should be. */
export type StateModel = Map<string, Uint8Array>;

/** A value of format 2, with the time at which its entry falls due. */
export const dueValue = (due: number, content = ''): Uint8Array => {
  const body = bytes(content);
  const value = new Uint8Array(7 + body.length);
  value[0] = 2;
  new DataView(value.buffer).setUint16(1, Math.floor(due / 2 ** 32));
  new DataView(value.buffer).setUint32(3, due % 2 ** 32);
  value.set(body, 7);
  return value;
};

/** Does to the model what a commit of the entries does to the state. */
export const apply = (model: StateModel, entries: readonly StateEntry[]): void => {
  for (const { key, value } of entries) {
    if (value === null) model.delete(key);
    else model.set(key, value);
  }
};

const sorted = (entries: Iterable<readonly [string, readonly number[] | null]>): readonly unknown[] =>
  [...entries].sort(([one], [other]) => (one < other ? -1 : 1));

const shown = (entries: readonly StateEntry[]): readonly unknown[] =>
  sorted(entries.map(({ key, value }) => [key, plain(value)] as const));

const modelled = (model: StateModel): readonly unknown[] =>
  sorted(Array.from(model, ([key, value]) => [key, plain(value)] as const));

const expectTogether = (entries: readonly StateEntry[]): void => {
  const runs: (string | undefined)[] = [];
  for (const { key } of entries) {
    const trace = traceOfKey(key);
    if (trace !== undefined && runs.at(-1) !== trace) runs.push(trace);
  }
  expect(runs).toEqual([...new Set(runs)]);
};

/** Walks through the due times in steps of about `atMost`. */
const walkDue = (
  store: StateStore,
  range: { readonly after: number; readonly through: number },
  atMost: number,
): readonly string[] => {
  const found: string[] = [];
  for (let { after } = range; after < range.through;) {
    const step = store.due({ after, through: range.through, atMost });
    expect(step.through).toBeGreaterThan(after);
    found.push(...step.traces);
    after = step.through;
  }
  return found;
};

const expectDue = (store: StateStore, model: StateModel): void => {
  const rows = Array.from(model, ([key, value]) => ({ due: dueOf(key, value), trace: traceOfKey(key) }))
    .filter(({ due }) => due > 0)
    .sort((one, other) => one.due - other.due);
  const times = [0, ...rows.map(({ due }) => due)];
  for (const after of times) expect(store.nextDue(after)).toBe(times.find((time) => time > after));
  for (const atMost of [1, 3, 1_000]) {
    const range = { after: times[Math.floor(times.length / 3)]!, through: times.at(-1)! };
    const wanted = rows.filter(({ due }) => due > range.after && due <= range.through);
    const found = walkDue(store, range, atMost);
    expect(new Set(found)).toEqual(new Set(wanted.map(({ trace }) => trace)));
  }
  const all = store.due({ after: 0, through: 2 ** 48, atMost: 1_000_000 });
  expect(all.through).toBe(2 ** 48);
  const order = all.traces.map((trace) => rows.find((row) => row.trace === trace)!.due);
  expect(order).toEqual(order.toSorted((one, other) => one - other));
  expect(all.traces).toEqual([...new Set(all.traces)]);
};

/** Fails where any read of the store differs from the model. */
export const expectState = (store: StateStore, model: StateModel): void => {
  const all = [...store.all()].flat();
  expect(shown(all)).toEqual(modelled(model));
  expectTogether(all);
  for (const [key, value] of model) expect(plain(store.get(key) ?? null)).toEqual(plain(value));
  expect(store.get('t:never')).toBeUndefined();
  const traces = new Set(Array.from(model.keys(), traceOfKey));
  for (const trace of traces) {
    if (trace === undefined) continue;
    const own = new Map([...model].filter(([key]) => traceOfKey(key) === trace));
    expect(shown(store.entriesOf(trace))).toEqual(modelled(own));
  }
  expect(store.entriesOf('never')).toEqual([]);
  expectDue(store, model);
};
