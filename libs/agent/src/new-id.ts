const digits = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

let head = '';
let next = 0x10000;

/**
 * A fresh UUID of version 4, not to be guessed from outside, but from the one before: for events, not for traces, which are
 * sampled by their digits. The first 28 digits are drawn anew for every 65,536, the last four count. At a third of the
 * cost of drawing each.
 */
export const newId = (): string => {
  if (next > 0xffff) {
    head = crypto.randomUUID().slice(0, 32);
    next = 0;
  }
  const id = head + digits[next >>> 8]! + digits[next & 0xff]!;
  next += 1;
  return id;
};
