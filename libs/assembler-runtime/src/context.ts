import type { AssemblySettings, Sha256Hex } from '@kaizen-trace/assembler-core';
import type { Clock } from '@kaizen-trace/ports';
import type { StateOwner } from './restore.js';
import type { AssemblerObserver } from './status.js';

/** When a unit of work is committed: whichever comes first. */
export interface CommitPolicy {
  readonly maxRecords: number;
  /** Of input keys and values. */
  readonly maxBytes: number;
  readonly intervalMs: number;
  /** In place of `intervalMs` while more input is waiting: catching up wants few and large commits. */
  readonly backlogIntervalMs: number;
}

/** Commits every 100 ms while input is slow, half a second's worth in a backlog. */
export const defaultCommitPolicy: CommitPolicy = {
  maxRecords: 10_000,
  maxBytes: 8 * 1024 * 1024,
  intervalMs: 100,
  backlogIntervalMs: 500,
};

/** What every partition of an assembler shares. */
export interface AssemblerContext {
  readonly owner: StateOwner;
  readonly settings: AssemblySettings;
  readonly sha256: Sha256Hex;
  readonly commit: CommitPolicy;
  /** How many bytes of memory one partition's traces may take now; what is more is read from disk when needed. */
  readonly cacheShare: () => number;
  readonly clock: Clock;
  readonly observer: AssemblerObserver;
}
