const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

const mixed = (word: number): number => {
  const product = Math.imul(word, multiplier);
  return Math.imul(product ^ (product >>> 24), multiplier);
};

const tailOf = (bytes: Uint8Array, at: number): number => {
  let tail = 0;
  for (let index = bytes.length - 1; index >= at; index -= 1) tail = (tail << 8) | bytes[index]!;
  return tail;
};

/** The 32-bit signed hash of a key, as Kafka's Java client and kafkajs compute it. */
export const murmur2 = (bytes: Uint8Array): number => {
  const whole = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash, multiplier) ^ mixed(word);
  }
  if (whole < bytes.length) hash = Math.imul(hash ^ tailOf(bytes, whole), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) | 0;
};

/** The partition of a key among `partitions`: both logs agree on it, and with every Java client. */
export const partitionOf = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;
