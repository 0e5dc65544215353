/** A small seeded generator of random numbers (mulberry32, public domain): the same seed, the same run. */
export const createRandom = (seed) => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const integer = (below) => Math.floor(next() * below);
  const hex = (digits) => {
    let text = '';
    while (text.length < digits) text += integer(0x10000).toString(16).padStart(4, '0');
    return text.slice(0, digits);
  };
  return { next, integer, hex, pick: (from) => from[integer(from.length)] };
};
