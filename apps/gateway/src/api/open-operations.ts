import type {
  LogPosition,
  OpenOperationJson,
  OpenOperationsQuery,
  OpenPageJson,
} from '@kaizen-trace/assembler-runtime';
import { readOpenPage, showCursor, showOpenQuery, sortPositions } from '@kaizen-trace/assembler-runtime';
import type { AssemblerLog } from '@kaizen-trace/ports';
import { askMembers, wordsOf, type AskedMember } from './ask-members.js';

/** The group of the assemblers, as much of it as is asked. */
export type AssemblerGroup = Pick<AssemblerLog, 'members' | 'partitionCount'>;

interface AskedAssembler {
  readonly member_id: string;
  readonly url: string | null;
  readonly partitions: readonly number[];
  readonly outcome: 'answered' | 'silent';
  /** Why it is silent. */
  readonly reason: string | null;
}

/** What is open across all assemblers, or as much of it as could be asked. */
export interface OpenOperationsAnswer {
  readonly operations: readonly OpenOperationJson[];
  /** Operations that fit, on whatever page, in the partitions that were asked. */
  readonly total: number;
  readonly next_cursor: string | null;
  /** Whether every partition was asked; otherwise operations of `missing_partitions` may be missing. */
  readonly complete: boolean;
  readonly missing_partitions: readonly number[];
  readonly assemblers: readonly AskedAssembler[];
}

type Asked = AskedMember<OpenPageJson>;

const positionOf = (operation: OpenOperationJson): LogPosition => ({
  time: Date.parse(operation.received_at),
  partition: operation.partition,
  offset: BigInt(operation.offset),
});

const shown = ({ member, answer }: Asked): AskedAssembler => ({
  member_id: member.memberId,
  url: member.announcement ?? null,
  partitions: member.partitions,
  outcome: answer.type,
  reason: answer.type === 'silent' ? answer.reason : null,
});

const merge = (
  asked: readonly Asked[],
  partitions: number,
  { order, limit }: OpenOperationsQuery,
): OpenOperationsAnswer => {
  const speaking = wordsOf(asked, (page) => page.partitions);
  const operations: OpenOperationJson[] = [];
  let total = 0;
  let more = false;
  for (const one of asked) {
    if (one.answer.type !== 'answered') continue;
    const page = one.answer.value;
    const counts = (partition: number): boolean => speaking.get(partition)?.asked === one;
    for (const operation of page.operations) if (counts(operation.partition)) operations.push(operation);
    for (const found of page.partitions) if (counts(found.partition)) total += found.total;
    more ||= page.more;
  }
  sortPositions(operations, order, positionOf);
  const page = operations.slice(0, limit);
  const last = page.at(-1);
  const every = Array.from({ length: partitions }, (_, partition) => partition);
  const missing = every.filter((partition) => !speaking.has(partition));
  return {
    operations: page,
    total,
    next_cursor:
      last !== undefined && (more || operations.length > limit) ? showCursor(order, positionOf(last)) : null,
    complete: missing.length === 0,
    missing_partitions: missing,
    assemblers: asked.map(shown),
  };
};

/**
 * Asks every assembler of the group at once, and merges what they answer within `timeoutMs`. One that is silent makes the
 * answer incomplete, and says so, but never holds it up.
 *
 * @throws Error where the group itself cannot be asked.
 */
export const gatherOpenOperations = async (
  group: AssemblerGroup,
  query: OpenOperationsQuery,
  timeoutMs: number,
): Promise<OpenOperationsAnswer> => {
  const [members, partitions] = await Promise.all([group.members(), group.partitionCount()]);
  const path = `api/open-operations?${String(showOpenQuery(query))}`;
  const asked = await askMembers(members, { path, read: readOpenPage, timeoutMs });
  return merge(asked, partitions, query);
};
