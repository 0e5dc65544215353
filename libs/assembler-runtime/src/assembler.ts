import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import type { AssemblerLog, Clock, GroupMember } from '@kaizen-trace/ports';
import type { AssemblerContext, CommitPolicy } from './context.js';
import { defaultCommitPolicy } from './context.js';
import { holdPartition } from './hold-partition.js';
import type { OpenOperationsPage, OpenOperationsQuery } from './open-operations/query.js';
import { scanOpenOperations } from './open-operations/scan.js';
import type { PartitionRecorder } from './recorder.js';
import { createRecorder } from './recorder.js';
import type { StateOwner } from './restore.js';
import type { AssemblerObserver, PartitionStatus } from './status.js';
import { sha256Hex } from '@kaizen-trace/otlp';
import { systemClock } from './system-clock.js';

/** What an assembler reads, and how it folds and commits. */
export interface AssemblerOptions {
  readonly log: AssemblerLog;
  /** Written into the state; a start with others refuses. */
  readonly owner: StateOwner;
  readonly settings: AssemblySettings;
  readonly commit?: Partial<CommitPolicy>;
  /** About how many bytes of memory the traces of all partitions may take; 128 MiB unless told. */
  readonly cacheBytes?: number | undefined;
  readonly clock?: Clock;
  readonly observer?: AssemblerObserver;
}

/** A member of the assemblers' group, with the partitions that it folds. */
export interface Assembler {
  /** The partitions held now. */
  statuses(): readonly PartitionStatus[];
  /** What is open in the partitions that are folded here; costs a look at each open operation, in short turns. */
  openOperations(query: OpenOperationsQuery, signal?: AbortSignal): Promise<OpenOperationsPage>;
  /** How often the group has shared its partitions anew since this assembler joined. */
  rebalances(): number;
  /** Settles when the group was left; rejects where membership was lost for good. */
  readonly done: Promise<void>;
  /** Commits what is held, then leaves the group. Idempotent. */
  close(): Promise<void>;
}

const defaultCacheBytes = 128 * 1024 * 1024;

/** Joins the group and assembles the spans of every partition that it is given, until closed. */
export const openAssembler = async (options: AssemblerOptions): Promise<Assembler> => {
  const held = new Set<PartitionRecorder>();
  const cacheBytes = options.cacheBytes ?? defaultCacheBytes;
  const context: AssemblerContext = {
    owner: options.owner,
    settings: options.settings,
    sha256: sha256Hex,
    commit: { ...defaultCommitPolicy, ...options.commit },
    cacheShare: () => cacheBytes / Math.max(1, held.size),
    clock: options.clock ?? systemClock,
    observer: options.observer ?? (() => undefined),
  };
  const member: GroupMember = await options.log.join(async (lease) => {
    const recorder = createRecorder(lease.partition, context.observer, context.clock);
    held.add(recorder);
    try {
      await holdPartition(context, lease, recorder);
    } finally {
      held.delete(recorder);
    }
  });
  return {
    statuses: () => [...held].map((recorder) => recorder.status()),
    openOperations: (query, signal) =>
      scanOpenOperations(
        [...held].map((recorder) => ({
          partition: recorder.status().partition,
          state: () => recorder.state(),
        })),
        query,
        signal,
      ),
    rebalances: () => member.rebalances(),
    done: member.done,
    close: () => member.leave(),
  };
};
