import { AssignerProtocol } from 'kafkajs';
import type { GroupProtocolMember } from '../wire/kafkajs.js';

/** Name of the protocol, which all members of a group must share. */
export const assignerName = 'kaizen-sticky';

/** What a member tells the group of itself. */
export interface MemberClaim {
  readonly memberId: string;
  /** What it held last. */
  readonly owned: readonly number[];
  /** Of which generation that was: where two claim a partition, the younger claim wins. */
  readonly generation: number;
  /** Whatever else it announces. */
  readonly announcement?: string;
}

/**
 * Shares partitions 0 to `count` − 1 among members: each gets its even share, and keeps of what it held as much as
 * fits, so that state stays where it is. The same claims give the same shares, whoever reckons.
 */
export const assignSticky = (
  claims: readonly MemberClaim[],
  count: number,
): ReadonlyMap<string, readonly number[]> => {
  const free = new Set(Array.from({ length: count }, (_, partition) => partition));
  const held = new Map<string, number[]>();
  for (const claim of [...claims].sort(byAge)) {
    const kept = [...new Set(claim.owned)].filter((partition) => free.delete(partition));
    held.set(claim.memberId, kept);
  }
  // Who holds most gets the larger shares, so that fewest partitions move.
  const ids = [...held.keys()].sort((a, b) => held.get(b)!.length - held.get(a)!.length || (a < b ? -1 : 1));
  ids.forEach((id, index) => {
    const share = Math.floor(count / ids.length) + (index < count % ids.length ? 1 : 0);
    for (const partition of held.get(id)!.splice(share)) free.add(partition);
  });
  const rest = [...free].sort((a, b) => a - b);
  ids.forEach((id, index) => {
    const share = Math.floor(count / ids.length) + (index < count % ids.length ? 1 : 0);
    const mine = held.get(id)!;
    mine.push(...rest.splice(0, share - mine.length));
    mine.sort((a, b) => a - b);
  });
  return held;
};

const byAge = (a: MemberClaim, b: MemberClaim): number =>
  b.generation - a.generation || (a.memberId < b.memberId ? -1 : 1);

/** The claim as Kafka's consumer protocol carries it: version, topics, and JSON as user data. */
export const encodeClaim = (topic: string, claim: Omit<MemberClaim, 'memberId'>): Buffer =>
  AssignerProtocol.MemberMetadata.encode({
    version: 1,
    topics: [topic],
    userData: Buffer.from(JSON.stringify(claim)),
  });

/** Reads a claim; of what another program wrote nothing is believed, and the member counts as holding nothing. */
export const decodeClaim = ({ memberId, memberMetadata }: GroupProtocolMember): MemberClaim => {
  const none = { memberId, owned: [], generation: -1 };
  try {
    const { userData } = AssignerProtocol.MemberMetadata.decode(memberMetadata) ?? {};
    const { owned, generation, announcement } = JSON.parse(String(userData)) as Partial<MemberClaim>;
    if (!Array.isArray(owned) || typeof generation !== 'number') return none;
    const claim = { memberId, owned: owned.filter((one) => Number.isInteger(one)), generation };
    return typeof announcement === 'string' ? { ...claim, announcement } : claim;
  } catch {
    return none;
  }
};

/** An assignment as Kafka's consumer protocol carries it. */
export const encodeAssignment = (topic: string, partitions: readonly number[]): Buffer =>
  AssignerProtocol.MemberAssignment.encode({
    version: 1,
    assignment: { [topic]: [...partitions] },
    userData: Buffer.alloc(0),
  });

/** The partitions in an assignment; none where it is empty or of another topic. */
export const decodeAssignment = (topic: string, bytes: Buffer): readonly number[] =>
  bytes.length === 0 ? [] : (AssignerProtocol.MemberAssignment.decode(bytes)?.assignment[topic] ?? []);
