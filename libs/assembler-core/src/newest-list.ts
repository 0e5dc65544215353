/**
 * Members in the order in which they were added, each in a group, so that "the newest" and "the newest that is not of
 * this group" are found in one step however long the list: neighbours of one group form a run, and neighbouring runs
 * differ in group. Adding is O(1); removing is O(1), but where it joins two runs, whose smaller one is relabelled.
 */
export interface NewestList<Member> {
  newest: Run<Member> | undefined;
}

interface Run<Member> {
  readonly group: string;
  size: number;
  first: Place<Member>;
  last: Place<Member>;
  older: Run<Member> | undefined;
  newer: Run<Member> | undefined;
}

/** Where a member stands in a list; needed to remove it. */
export interface Place<Member> {
  readonly member: Member;
  readonly list: NewestList<Member>;
  run: Run<Member>;
  older: Place<Member> | undefined;
  newer: Place<Member> | undefined;
}

/** A list without members. */
export const emptyNewestList = <Member>(): NewestList<Member> => ({ newest: undefined });

const newPlace = <Member>(list: NewestList<Member>, member: Member): Place<Member> =>
  // A new run needs its first place, and the place its run: the next statement of the caller closes the circle.
  ({ member, list, older: undefined, newer: undefined }) as Place<Member>;

/** Adds a member as the newest. */
export const append = <Member>(list: NewestList<Member>, member: Member, group: string): Place<Member> => {
  const place = newPlace(list, member);
  const newest = list.newest;
  if (newest?.group === group) {
    place.run = newest;
    place.older = newest.last;
    newest.last.newer = place;
    newest.last = place;
    newest.size += 1;
    return place;
  }
  const run: Run<Member> = { group, size: 1, first: place, last: place, older: newest, newer: undefined };
  if (newest !== undefined) newest.newer = run;
  place.run = run;
  list.newest = run;
  return place;
};

const relabel = <Member>(from: Run<Member>, to: Run<Member>): void => {
  for (let place: Place<Member> | undefined = from.first; place !== undefined; place = place.newer)
    place.run = to;
};

const join = <Member>(list: NewestList<Member>, older: Run<Member>, newer: Run<Member>): void => {
  const [kept, gone] = older.size >= newer.size ? [older, newer] : [newer, older];
  relabel(gone, kept);
  older.last.newer = newer.first;
  newer.first.older = older.last;
  const beyondOlder = older.older;
  const beyondNewer = newer.newer;
  kept.first = older.first;
  kept.last = newer.last;
  kept.size = older.size + newer.size;
  kept.older = beyondOlder;
  kept.newer = beyondNewer;
  if (beyondOlder !== undefined) beyondOlder.newer = kept;
  if (beyondNewer === undefined) list.newest = kept;
  else beyondNewer.older = kept;
};

const removeRun = <Member>(list: NewestList<Member>, { older, newer }: Run<Member>): void => {
  if (older !== undefined) older.newer = newer;
  if (newer === undefined) list.newest = older;
  else newer.older = older;
  if (older === undefined || newer === undefined) return;
  if (older.group === newer.group) join(list, older, newer);
};

/** Takes a member out. */
export const remove = <Member>({ list, run, older, newer }: Place<Member>): void => {
  run.size -= 1;
  if (run.size === 0) {
    removeRun(list, run);
    return;
  }
  if (older === undefined) run.first = newer!;
  else older.newer = newer;
  if (newer === undefined) run.last = older!;
  else newer.older = older;
};

/** The newest member, leaving out those of `except`. */
export const newestOf = <Member>(
  list: NewestList<Member> | undefined,
  except?: string,
): Member | undefined => {
  const run = list?.newest;
  return (run !== undefined && run.group === except ? run.older : run)?.last.member;
};
