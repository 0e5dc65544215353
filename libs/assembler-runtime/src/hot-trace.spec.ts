import { describe, expect, it } from '@jest/globals';
import {
  countsOf,
  defaultSettings,
  foldRecord,
  memoryOf,
  putTracesAside,
  resumePartition,
  type StateChange,
} from '@kaizen-trace/assembler-core';
import { micros, millis } from '@kaizen-trace/contracts';
import { savedTracesIn } from './saved-traces.js';
import { sha256Hex } from '@kaizen-trace/otlp';
import { encodeStateChange } from './state-codec.js';
import { MemoryStore } from './testing/memory-store.js';

const begin = 1_763_600_000_000;

const fold = (store: MemoryStore, types: readonly string[]) => {
  const state = resumePartition(defaultSettings, sha256Hex, {
    traces: savedTracesIn(store, 0),
    position: undefined,
  });
  const last = new Map<string, StateChange>();
  types.forEach((eventType, index) => {
    const { changes } = foldRecord(state, {
      offset: BigInt(index),
      appendTime: millis(begin + index),
      bytes: 200,
      event: {
        eventId: `event-${index}`,
        traceId: 'hot',
        eventType,
        agentId: 'agent',
        callId: eventType.includes('agent_loop') ? 'loop' : `call-${index >> 1}-${eventType.length}`,
        timestamp: micros(BigInt(begin + index) * 1000n),
        data: { tool_name: 'shell' },
        metadata: {},
      },
    });
    for (const change of changes) last.set(encodeStateChange(change).key, change);
  });
  store.write([...last.values()].map(encodeStateChange));
  return state;
};

describe('a trace of very many events', () => {
  it('keeps entries whose size does not follow their number', () => {
    const store = new MemoryStore();
    const pairs = Array.from({ length: 40_000 }, (_, index) =>
      index % 2 === 0 ? 'pre_tool_use' : 'post_tool_use',
    );
    const state = fold(store, ['pre_agent_loop', ...pairs]);
    expect(countsOf(state).events).toBe(40_001);
    const sizes = [...store.values.values()].map(({ length }) => length);
    expect(Math.max(...sizes)).toBeLessThan(6_000);
    putTracesAside(state, { savedBefore: 40_001n, bytes: 0 });
    expect(memoryOf(state)).toEqual({ traces: 0, bytes: 0 });
  });

  it('has at most so many operations open: the oldest is given up for the next, and says why', () => {
    const store = new MemoryStore();
    const { maxOpenOperations } = defaultSettings;
    const state = fold(
      store,
      Array.from({ length: maxOpenOperations + 500 }, () => 'pre_tool_use'),
    );
    expect(countsOf(state)).toMatchObject({ abandoned: 500, crowdedOut: 500 });
    expect(store.values.size).toBe(maxOpenOperations + 1);
  });
});
