/** A small generator of our own (mulberry32), so that a seed means the same everywhere. */
const generator = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** What the requests of a fuzz are chosen with: equal seeds choose alike. */
export const createRandom = (seed) => {
  const next = generator(seed);
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const maybe = (chance) => next() < chance;
  const times = (n, make) => Array.from({ length: n }, (_, index) => make(index));
  return { below, pick, maybe, times };
};

/** The choices of one request depend on the seed and its number alone, so that it can be sent again by itself. */
export const randomOf = (seed, number) =>
  createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ (number * 0x85ebca6b));
