/** Who is in the group, and who holds what: `holders[partition]` is a member's id, or null where it is free. */
export interface GroupView {
  readonly members: readonly string[];
  readonly holders: readonly (string | null)[];
}

/** What one member is to do. */
export interface Plan {
  /** Free partitions that fall to the member. */
  readonly claim: readonly number[];
  /** Partitions that the member holds over its share. */
  readonly release: readonly number[];
}

/** Sticky and the same for whoever computes it: whoever holds more keeps the odd partition, then the smaller id. */
const shares = ({ members, holders }: GroupView): ReadonlyMap<string, { held: number; share: number }> => {
  const held = new Map(members.map((id) => [id, 0]));
  for (const holder of holders) {
    if (holder !== null && held.has(holder)) held.set(holder, held.get(holder)! + 1);
  }
  const ranked = [...held].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const base = Math.floor(holders.length / Math.max(members.length, 1));
  const odd = holders.length - base * members.length;
  return new Map(
    ranked.map(([id, count], rank) => [id, { held: count, share: base + (rank < odd ? 1 : 0) }]),
  );
};

/** What one member has to do for the group to become even; partitions move only where they must. */
export const planFor = (memberId: string, view: GroupView): Plan => {
  const table = shares(view);
  const own = table.get(memberId);
  if (own === undefined) return { claim: [], release: [] };
  const mine = view.holders.flatMap((holder, partition) => (holder === memberId ? [partition] : []));
  const free = view.holders.flatMap((holder, partition) => (holder === null ? [partition] : []));
  let before = 0;
  for (const [id, { held, share }] of table) {
    if (id === memberId) break;
    before += Math.max(share - held, 0);
  }
  return {
    claim: free.slice(before, before + Math.max(own.share - own.held, 0)),
    release: mine.slice(Math.max(own.share, 0)),
  };
};
