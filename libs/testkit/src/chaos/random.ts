/** Chance that can be repeated: equal seeds give equal draws. */
export interface Chance {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** `count` different ones, or all where there are fewer. */
  sample<T>(from: readonly T[], count: number): readonly T[];
  /** One by weight. */
  weighted<T>(choices: readonly (readonly [choice: T, weight: number])[]): T;
}

const seedOf = (text: string): number => {
  let hash = 2_166_136_261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return hash >>> 0;
};

/** A stream of chance from a seed of any text. */
export const openChance = (seed: string): Chance => {
  let state = seedOf(seed);
  const next = (): number => {
    // Mulberry32: small, and good enough to choose faults.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(from: readonly T[]): T => from[between(0, from.length - 1)]!;
  return {
    next,
    between,
    pick,
    sample: (from, count) => {
      const left = [...from];
      return Array.from(
        { length: Math.min(count, left.length) },
        () => left.splice(between(0, left.length - 1), 1)[0]!,
      );
    },
    weighted: (choices) => {
      let at = next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of choices) if ((at -= weight) < 0) return choice;
      return choices.at(-1)![0];
    },
  };
};
