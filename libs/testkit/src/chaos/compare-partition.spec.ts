import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { openAssembler } from '@kaizen-trace/assembler-runtime';
import { encodeEvent } from '@kaizen-trace/codec';
import { micros, type HookContext } from '@kaizen-trace/contracts';
import type { LogConnection, NewRecord } from '@kaizen-trace/ports';
import { comparePartition, type PartitionFindings } from './compare-partition.js';
import { type Tamper, tampering } from '../tampering.js';
import { readLeftState } from './read-state.js';

const owner = { group: 'assembler', topic: 'hook-events' };

const record = (eventType: string, index: number): NewRecord => {
  const event: HookContext = {
    eventId: `event-${index}`,
    traceId: 'trace',
    eventType,
    agentId: 'agent',
    timestamp: micros(1_763_600_000_000_000n + BigInt(index) * 1000n),
    data: { index },
    metadata: {},
  };
  const encoded = encodeEvent(event);
  if (encoded.type !== 'encoded') throw new Error(encoded.type);
  return { key: Buffer.from('trace'), value: encoded.bytes };
};

describe('the comparison with a fresh fold', () => {
  let directory: string;
  let log: LogConnection;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaizen-trace-compare-'));
    log = await openEmbeddedLog({ directory, partitions: 1, pollIntervalMs: 2 });
  });

  afterEach(async () => {
    await log.close();
    await rm(directory, { recursive: true, force: true });
  });

  const assembleAndCompare = async (tamper: Tamper): Promise<PartitionFindings> => {
    await log.events.append([
      record('pre_agent_loop', 0),
      record('pre_tool_use', 1),
      record('post_tool_use', 2),
      record('post_agent_loop', 3),
    ]);
    const assembler = await openAssembler({
      log: tampering(log.assemblers({ group: owner.group }), tamper),
      owner,
      settings: defaultSettings,
    });
    const { end } = await log.events.bounds(0);
    while (assembler.statuses()[0]?.committedOffset !== end)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await assembler.close();
    const nothing = (): void => undefined;
    const left = (await readLeftState(log, owner.group)).get(0);
    return comparePartition({ log, owner, left, seen: nothing, exported: nothing }, 0);
  };

  const amounts = (findings: PartitionFindings): readonly number[] => {
    const { lost, twice, different, extra, counters, state } = findings;
    return [lost, twice, different, extra, counters, state].map(({ length }) => length);
  };

  it('finds nothing where nothing is wrong', async () => {
    const findings = await assembleAndCompare((unit) => unit);
    expect(amounts(findings)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(findings).toMatchObject({ records: 4, spans: 4 });
  });

  it('finds spans that were lost', async () => {
    const findings = await assembleAndCompare((unit) => ({ ...unit, spans: [] }));
    expect(amounts(findings)).toEqual([4, 0, 0, 0, 0, 0]);
  });

  it('finds spans that were committed twice', async () => {
    const findings = await assembleAndCompare((unit) => ({ ...unit, spans: [...unit.spans, ...unit.spans] }));
    expect(amounts(findings)).toEqual([0, 4, 0, 0, 0, 0]);
  });

  it('finds spans whose bytes are others', async () => {
    const findings = await assembleAndCompare((unit) => ({
      ...unit,
      spans: unit.spans.map((bytes) => {
        const changed = Buffer.from(bytes);
        changed.write('bgent', changed.indexOf('agent'));
        return changed;
      }),
    }));
    expect(findings.different.length).toBeGreaterThan(0);
  });

  it('finds state that is missing, and state that should be gone', async () => {
    const findings = await assembleAndCompare((unit) => ({
      ...unit,
      state: [
        ...unit.state.filter(({ key }) => !key.startsWith('t:')),
        { key: 'o:77:trace', value: Buffer.from('x') },
      ],
    }));
    expect(findings.state).toEqual(['t:trace is missing', 'o:77:trace should be gone']);
  });

  it('finds counters that are not those of the fold', async () => {
    const findings = await assembleAndCompare((unit) => ({
      ...unit,
      state: unit.state.map(({ key, value }) => {
        const text = Buffer.from(value ?? []).toString('latin1');
        const changed = Buffer.from(text.replace('"duplicates":0', '"duplicates":1'), 'latin1');
        return { key, value: key === 'partition' ? changed : value };
      }),
    }));
    expect(findings.counters).toEqual([
      'duplicates: 1 in the state, 0 in the fold',
      '-1 events unaccounted for',
    ]);
  });
});
