import type {
  LogPosition,
  OpenOperationJson,
  OpenOperationsQuery,
  OpenPageJson,
} from '@kaizen-trace/assembler-runtime';
import { readOpenPage, showCursor, showOpenQuery, sortPositions } from '@kaizen-trace/assembler-runtime';
import type { AnnouncedMember, AssemblerLog } from '@kaizen-trace/ports';
import { askService, type ServiceAnswer } from './ask-service.js';

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

interface Asked {
  readonly member: AnnouncedMember;
  readonly answer: ServiceAnswer<OpenPageJson>;
}

const positionOf = (operation: OpenOperationJson): LogPosition => ({
  time: Date.parse(operation.received_at),
  partition: operation.partition,
  offset: BigInt(operation.offset),
});

/** Whose word counts for each partition: its owner's by the group; during a hand-over, whoever has it. */
const speakers = (asked: readonly Asked[]): ReadonlyMap<number, Asked> => {
  const found = new Map<number, Asked>();
  for (const one of asked) {
    if (one.answer.type !== 'answered') continue;
    for (const { partition } of one.answer.value.partitions)
      if (!found.has(partition) || one.member.partitions.includes(partition)) found.set(partition, one);
  }
  return found;
};

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
  const speaking = speakers(asked);
  const operations: OpenOperationJson[] = [];
  let total = 0;
  let more = false;
  for (const one of asked) {
    if (one.answer.type !== 'answered') continue;
    const page = one.answer.value;
    const counts = (partition: number): boolean => speaking.get(partition) === one;
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
  const question = { path, read: readOpenPage, timeoutMs };
  const asked = await Promise.all(
    members.map(async (member) => ({ member, answer: await askService(member.announcement, question) })),
  );
  return merge(asked, partitions, query);
};
