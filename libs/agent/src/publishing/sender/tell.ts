import type { ProblemKind } from './job.js';

/** Milliseconds in which a problem of one kind is told once. */
export const quietMs = 60_000;

/** Lets a kind pass at most once a minute. */
export const atMostOnceAMinute = (): ((kind: ProblemKind) => boolean) => {
  const last = new Map<ProblemKind, number>();
  return (kind) => {
    const now = performance.now();
    const before = last.get(kind);
    if (before !== undefined && now - before < quietMs) return false;
    last.set(kind, now);
    return true;
  };
};
