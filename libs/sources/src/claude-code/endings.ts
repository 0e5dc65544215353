import type { EventJson, JsonValue } from '@kaizen-trace/contracts';
import { eventOf, repeatable, type Drafting } from './drafting.js';
import type { OpenCall } from './open-calls.js';

/** The id of the event that ends a call, whichever payload says so: of several the first counts, the rest are repeats. */
export const endId = (drafting: Drafting, call: string | undefined): string | undefined =>
  repeatable(drafting, 'end', call);

type Operation = OpenCall & { readonly kind: 'agent_loop' | 'tool_use' | 'compaction' | 'interrupt' };

/** Whether it is an operation that waits for its end. */
export const isUnfinished = (call: OpenCall): call is Operation =>
  !['session', 'answered', 'spawn', 'link'].includes(call.kind);

/** That a call was denied, or blocked by another hook, is told by no event. */
const resultOf = ({ kind }: Operation, why: string): Readonly<Record<string, JsonValue>> | undefined =>
  kind === 'tool_use'
    ? { success: false, error: `the call gave no result: ${why}`, error_type: 'NoResult' }
    : undefined;

/** Ends what is still open and passes `which`: the innermost first, so that each ends within its parent. */
export const endOpen = (
  drafting: Drafting,
  which: (call: Operation) => boolean,
  why: string,
): readonly EventJson[] =>
  drafting.open
    .filter(isUnfinished)
    .filter(which)
    .toReversed()
    .filter(({ session, id }) => drafting.options.calls?.close(session, id) !== undefined)
    .map((call) =>
      eventOf(drafting, {
        type: `post_${call.kind}`,
        id: endId(drafting, call.id),
        call: call.id,
        agent: call.agent,
        trace: call.trace,
        data: {
          tool_name: call.kind === 'tool_use' ? call.name : undefined,
          ended_by: why,
        },
        result: resultOf(call, why),
      }),
    );
