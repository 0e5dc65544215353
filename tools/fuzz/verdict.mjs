const mebibyte = 1024 * 1024;

/** How much more may be held at the end than after warming up, in bytes. */
const limits = { heap: 16 * mebibyte, anonymous: 64 * mebibyte };

/** Below so many requests V8 and the allocator still take the room that they will keep. */
const settledAfter = 50_000;

const mean = (list) => list.reduce((sum, each) => sum + each, 0) / Math.max(1, list.length);

/** What all threads hold after a collection: objects, and buffers outside of the heap. */
export const heapOf = ({ threads }) =>
  threads.reduce((sum, { heapUsed, external }) => sum + heapUsed + external, 0);

/** By how much the last third of what came after warming up is over its first third. */
const growthOf = (values) => {
  const settled = values.slice(Math.floor(values.length / 4));
  const third = Math.max(1, Math.floor(settled.length / 3));
  return mean(settled.slice(-third)) - mean(settled.slice(0, third));
};

/**
 * Whether memory stays flat, by looks at services at rest after a collection, equally far apart. What lives on the heap
 * and in buffers must not grow, however short the run; anonymous memory as a whole neither, once V8 and the allocator have
 * taken what they keep. Pages of files that LMDB maps count as neither: they are the system's cache.
 */
export const judgeMemory = (looks, requests) => {
  const heap = growthOf(looks.map(heapOf));
  const anonymous = growthOf(looks.map((look) => look.anonymous));
  const problems = [];
  if (looks.length < 8) problems.push(`only ${looks.length} looks at memory were possible`);
  if (heap > limits.heap) problems.push(`the heap grew by ${Math.round(heap / mebibyte)} MiB`);
  if (requests >= settledAfter && anonymous > limits.anonymous)
    problems.push(`anonymous memory grew by ${Math.round(anonymous / mebibyte)} MiB`);
  return { heap, anonymous, problems };
};

const inMiB = (bytes) => Math.round(bytes / mebibyte);

/** The looks as lines for people. */
export const showMemory = (looks) => [
  `heap and buffers, MiB: ${looks.map((look) => inMiB(heapOf(look))).join(' ')}`,
  `anonymous memory, MiB: ${looks.map(({ anonymous }) => inMiB(anonymous)).join(' ')}`,
  `mapped files, MiB:     ${looks.map(({ file }) => inMiB(file)).join(' ')}`,
];

const decoded = (path) =>
  path.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

/** Probes show no key, however their path is written. */
const mayBeAnyone = (path = '') => /\/(?:healthz|readyz)/.test(decoded(path));

/** Why what came of a request is wrong; undefined where it is not. A refusal is right, and so is a success. */
export const complaintOf = (made, { status, text }) => {
  if (typeof status === 'number' && status >= 500) return 'a failure of the service';
  if (status === 'no answer') return 'no answer';
  if (status === 'cut') return 'cut without an answer';
  if (made.may === 'none' && status < 400 && !mayBeAnyone(made.path)) return 'let in without a key';
  if (made.isSmuggling && text.includes('"alive"')) return 'a second request hid in it';
  if (made.isWellFramed && ['grpc 2', 'grpc 13', 'grpc reset'].includes(status))
    return 'a failure of the service';
  return undefined;
};
