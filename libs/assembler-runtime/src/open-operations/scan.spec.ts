import { describe, expect, it } from '@jest/globals';
import {
  createPartition,
  defaultSettings,
  foldRecord,
  type PartitionState,
} from '@kaizen-trace/assembler-core';
import { micros, millis } from '@kaizen-trace/contracts';
import { sha256Hex } from '@kaizen-trace/otlp';
import { openPageToJson, readOpenPage } from './json.js';
import { readCursor, showCursor } from './order.js';
import { readOpenQuery, showOpenQuery, type OpenOperationsQuery } from './query.js';
import { scanOpenOperations } from './scan.js';

const begin = 1_700_000_000_000;

const openIn = (state: PartitionState, offset: number, traceId = `trace-${offset}`): void => {
  const appendTime = millis(begin + offset);
  foldRecord(state, {
    offset: BigInt(offset),
    appendTime,
    event: {
      eventId: `event-${offset}`,
      traceId,
      eventType: 'pre_tool_use',
      agentId: `agent-${offset % 2}`,
      timestamp: micros(BigInt(begin) * 1000n),
      data: { tool_name: '🔧'.repeat(200) },
      metadata: {},
    },
  });
};

const stateOf = (operations: number): PartitionState => {
  const state = createPartition(defaultSettings, sha256Hex);
  for (let offset = 0; offset < operations; offset += 1) openIn(state, offset);
  return state;
};

const reckoning = { now: begin + 60_000, duration: (text: string) => (text === '30s' ? 30_000 : undefined) };

describe('looking at what is open', () => {
  it('gives way to the fold while it looks at many', async () => {
    const state = stateOf(20_000);
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const counting = setImmediate(function again() {
      turns += 1;
      setImmediate(again).unref();
    });
    const page = await scanOpenOperations([{ partition: 0, state: () => state }], {
      order: 'newest',
      limit: 3,
    });
    clearInterval(timer);
    clearImmediate(counting);
    expect(page.operations.map(({ position }) => position.offset)).toEqual([19_999n, 19_998n, 19_997n]);
    expect(page).toMatchObject({ more: true, partitions: [{ partition: 0, total: 20_000, oldest: begin }] });
    expect(turns).toBeGreaterThan(1);
  });

  it('leaves out a partition that is lost meanwhile, rather than show a part of it', async () => {
    const [lost, kept] = [stateOf(12_000), stateOf(2)];
    let looks = 0;
    const losing = (): PartitionState | undefined => ((looks += 1) > 1 ? undefined : lost);
    const sources = [
      { partition: 0, state: losing },
      { partition: 1, state: () => kept },
      { partition: 2, state: () => undefined },
    ];
    const page = await scanOpenOperations(sources, { order: 'oldest', limit: 10 });
    expect(page.partitions.map(({ partition }) => partition)).toEqual([1]);
    expect(page.operations.map(({ position }) => position.partition)).toEqual([1, 1]);
    expect(page.more).toBe(false);
  });

  it('misses none of what stays open while others open and close', async () => {
    const state = stateOf(6_000);
    const scanning = scanOpenOperations([{ partition: 0, state: () => state }], {
      order: 'oldest',
      limit: 0,
    });
    for (let offset = 6_000; offset < 6_100; offset += 1) openIn(state, offset, 'trace-0');
    const { partitions } = await scanning;
    expect(partitions[0]?.total).toBeGreaterThanOrEqual(6_000);
  });

  it('goes on after a cursor, and cuts long names between characters', async () => {
    const state = stateOf(5);
    const look = (query: OpenOperationsQuery) =>
      scanOpenOperations([{ partition: 3, state: () => state }], query);
    const first = await look({ order: 'oldest', limit: 2 });
    const after = readCursor('oldest', showCursor('oldest', first.operations[1]!.position))!;
    const rest = await look({ order: 'oldest', limit: 3, after });
    expect(rest.operations.map(({ position }) => position.offset)).toEqual([2n, 3n, 4n]);
    expect(rest.more).toBe(false);
    expect(first.operations[0]?.name?.isWellFormed()).toBe(true);
    expect(first.operations[0]?.name?.length).toBe(256);
  });
});

describe('a query for what is open', () => {
  it('says the same when it is passed on', () => {
    const wanted = {
      service: 'a b&c',
      agent: 'ü',
      kind: 'tool_use',
      min_age: '30s',
      order: 'newest',
      limit: '7',
    };
    const cursor = showCursor('newest', { time: begin, partition: 2, offset: 2n ** 62n });
    const reading = readOpenQuery({ ...wanted, cursor }, reckoning);
    if (reading.type === 'refused') throw new Error(reading.reason);
    expect(reading.query).toMatchObject({
      receivedBy: begin + 30_000,
      after: { offset: 2n ** 62n },
      limit: 7,
    });
    const passed = Object.fromEntries(showOpenQuery(reading.query));
    expect(readOpenQuery(passed, { ...reckoning, now: 0 })).toEqual(reading);
  });

  it('is refused with the name of what cannot be read', () => {
    const oldest = showCursor('oldest', { time: 1, partition: 0, offset: 1n });
    for (const [field, value] of [
      ['min_age', '5'],
      ['limit', '1001'],
      ['limit', '-1'],
      ['order', 'up'],
      ['received_by', 'now'],
      ['cursor', 'nonsense'],
      ['agnet', 'a'],
      ['kind', ['a', 'b']],
    ] as const)
      expect(readOpenQuery({ [field]: value }, reckoning)).toMatchObject({ type: 'refused', field });
    expect(readOpenQuery({ order: 'newest', cursor: oldest }, reckoning)).toMatchObject({ field: 'cursor' });
  });
});

describe('a page of what is open', () => {
  it('is read back by whoever merges it, and nothing else is taken for one', async () => {
    const state = stateOf(2);
    const page = await scanOpenOperations([{ partition: 0, state: () => state }], {
      order: 'oldest',
      limit: 2,
    });
    const json = openPageToJson(page, begin + 1_000);
    expect(json.operations[0]).toMatchObject({ age_ms: 1_000, started_at: '2023-11-14T22:13:20.000000Z' });
    expect(readOpenPage(JSON.stringify(json))).toEqual(json);
    for (const other of ['', '[]', '{}', 'null', '{"more":true,"operations":[{}],"partitions":[]}'])
      expect(readOpenPage(other)).toBeUndefined();
  });
});
