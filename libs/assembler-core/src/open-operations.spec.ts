import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Micros, Millis, SpanId } from '@kaizen-trace/contracts';
import {
  addOpen,
  closedBy,
  containerFor,
  hasOpenCall,
  hasOpenEvent,
  noOpenOperations,
  oldestFirst,
  openBySpanId,
  removeOpen,
} from './open-operations.js';
import { append, emptyNewestList, newestOf, remove } from './newest-list.js';
import type { OpenOperation, OpenOperations } from './state.js';

interface Opening {
  readonly kind: string;
  readonly name: string | undefined;
  readonly agentId: string;
  readonly callId: string | undefined;
  readonly parent: number | undefined;
  readonly closable: boolean;
}

const spanId = (n: number): SpanId => n.toString(16).padStart(16, '0') as SpanId;

const operationOf = (opening: Opening, n: number): OpenOperation =>
  ({
    ...opening,
    offset: BigInt(n),
    appendTime: 0 as Millis,
    start: 0n as Micros,
    spanId: spanId(n),
    parentSpanId: opening.parent === undefined ? undefined : spanId(opening.parent),
    eventHash: `e${n}`,
    parentClosed: false,
    older: undefined,
    newer: undefined,
  }) as Partial<OpenOperation> as OpenOperation;

const kinds = ['agent_loop', 'plan_generation', 'tool_use', 'llm_call', 'k1', 'k2'];
const maybe = <Value>(values: readonly Value[]): fc.Arbitrary<Value | undefined> =>
  fc.constantFrom(undefined, ...values);
const opening: fc.Arbitrary<Opening> = fc.record({
  kind: fc.constantFrom(...kinds),
  name: maybe(['n1', 'n2', '2:n1']),
  agentId: fc.constantFrom('a', 'b', 'c', '1:a'),
  callId: maybe(['c1', 'c2']),
  parent: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
  closable: fc.constantFrom(true, true, true, false),
});
const act = fc.oneof({ weight: 3, arbitrary: opening }, { weight: 2, arbitrary: fc.nat({ max: 60 }) });

/** All that can be asked, by the offsets of the answers. */
const answers = (open: OpenOperations): unknown => ({
  open: [...oldestFirst(open)].map((each) => `${each.offset} ${each.parentClosed}`),
  pairs: kinds.flatMap((kind) =>
    [undefined, 'n1', 'n2', '2:n1', 'n3'].flatMap((name) =>
      ['a', 'b', 'd'].flatMap((agentId) =>
        [undefined, 'c1'].map((callId) => closedBy(open, { kind, name, agentId, callId })?.offset),
      ),
    ),
  ),
  containers: [...kinds, 'k3', 'note'].flatMap((kind) =>
    ['a', 'b', 'd'].map((agentId) => containerFor(open, { kind, agentId })?.offset),
  ),
  known: [0, 7, 20].map((n) => [openBySpanId(open, spanId(n))?.offset, hasOpenEvent(open, `e${n}`)]),
  calls: ['c1', 'c2'].map((callId) => hasOpenCall(open, callId)),
});

describe('the open operations of a trace', () => {
  it('answer from their index what they answer one by one', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const [scanned, indexed] = [noOpenOperations(Infinity), noOpenOperations(4)];
        let opened = 0;
        for (const each of acts) {
          for (const open of [scanned, indexed]) {
            if (typeof each === 'object') addOpen(open, operationOf(each, opened));
            else {
              const found = [...oldestFirst(open)].at(each % Math.max(1, open.size));
              if (found !== undefined) removeOpen(open, found);
            }
          }
          if (typeof each === 'object') opened += 1;
          expect(answers(indexed)).toEqual(answers(scanned));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a newest list', () => {
  it('finds the newest outside of a group as a search would', () => {
    const group = fc.constantFrom('g', 'h', 'i');
    fc.assert(
      fc.property(fc.array(fc.oneof(group, fc.nat({ max: 30 })), { maxLength: 80 }), (acts) => {
        const list = emptyNewestList<number>();
        const places: { readonly place: ReturnType<typeof append<number>>; readonly group: string }[] = [];
        acts.forEach((each, n) => {
          if (typeof each === 'string') places.push({ place: append(list, n, each), group: each });
          else places.splice(each % Math.max(1, places.length), 1).forEach(({ place }) => remove(place));
          for (const except of [undefined, 'g', 'h', 'i']) {
            expect(newestOf(list, except)).toBe(places.findLast((one) => one.group !== except)?.place.member);
          }
        });
      }),
    );
  });
});
