import type { AnnouncedMember } from '@kaizen-trace/ports';
import { askService, type Question, type ServiceAnswer } from './ask-service.js';

/** A member of a group, and what it had to say of itself. */
export interface AskedMember<T> {
  readonly member: AnnouncedMember;
  readonly answer: ServiceAnswer<T>;
}

/** Asks all at once. Never rejects. */
export const askMembers = <T>(
  members: readonly AnnouncedMember[],
  question: Question<T>,
): Promise<readonly AskedMember<T>[]> =>
  Promise.all(
    members.map(async (member) => ({ member, answer: await askService(member.announcement, question) })),
  );

/** What is shown of any member, whether it answered or not. */
export const memberToJson = <T>({ member, answer }: AskedMember<T>) => ({
  member_id: member.memberId,
  url: member.announcement ?? null,
  up: answer.type === 'answered',
  reason: answer.type === 'silent' ? answer.reason : null,
  partitions: member.partitions,
});

/** A member's word on one partition. */
export interface Word<T, P> {
  readonly asked: AskedMember<T>;
  readonly said: P;
}

/** Whose word counts for each partition: its owner's by the group; during a hand-over, whoever has it. */
export const wordsOf = <T, P extends { readonly partition: number }>(
  asked: readonly AskedMember<T>[],
  partitionsOf: (value: T) => readonly P[],
): ReadonlyMap<number, Word<T, P>> => {
  const found = new Map<number, Word<T, P>>();
  for (const one of asked) {
    if (one.answer.type !== 'answered') continue;
    for (const said of partitionsOf(one.answer.value))
      if (!found.has(said.partition) || one.member.partitions.includes(said.partition))
        found.set(said.partition, { asked: one, said });
  }
  return found;
};

/** The member that the group has given a partition to; undefined while it is shared anew. */
export const ownerOf = <T>(asked: readonly AskedMember<T>[], partition: number): AskedMember<T> | undefined =>
  asked.find(({ member }) => member.partitions.includes(partition));
