const longest = 128;

/** 32 bits of FNV-1a. */
const fnv = (text: string, seed: number): string => {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
};

/** The same id for the same parts, at most 128 characters; what is longer is cut and told apart by a hash. */
export const stableId = (...parts: readonly string[]): string => {
  const id = parts.join(':');
  return id.length <= longest
    ? id
    : `${id.slice(0, longest - 17)}:${fnv(id, 0x811c9dc5)}${fnv(id, 0x2f0b4c47)}`;
};
