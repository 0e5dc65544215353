/** A deterministic source of chance: equal seeds give equal draws on every machine. Not for secrets. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number, both ends included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** `count` lower-case hex digits. */
  hex(count: number): string;
  /** A duration in microseconds around `typicalMs`, with the long tail that calls over a network have. */
  duration(typicalMs: number): number;
}

/** 32-bit FNV-1a over UTF-16 units. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
};

/** Four words of state from one seed, by the SplitMix step, so that near seeds give far streams. */
const spread = (seed: number): [number, number, number, number] => {
  let state = seed;
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return [word(), word(), word(), word() || 1];
};

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** Opens the stream of draws that belongs to `seed` (the generator is xoshiro128**). */
export const openRandom = (seed: string): Random => {
  const state = spread(hash(seed));
  const draw = (): number => {
    const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11);
    return result;
  };
  const next = (): number => draw() / 0x1_0000_0000;
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[between(0, choices.length - 1)]!,
    hex: (count) => {
      let digits = '';
      while (digits.length < count) digits += draw().toString(16).padStart(8, '0');
      return digits.slice(0, count);
    },
    // The sum of draws is near a bell curve; its exponential has the long tail.
    duration: (typicalMs) => {
      const bell = next() + next() + next() + next() - 2;
      return Math.max(1, Math.round(typicalMs * 1000 * Math.exp(bell * 1.2)));
    },
  };
};
