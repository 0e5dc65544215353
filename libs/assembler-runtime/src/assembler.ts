import { hash } from 'node:crypto';
import type { AssemblySettings, Sha256Hex } from '@kaizen-trace/assembler-core';
import type { AssemblerLog, Clock, GroupMember } from '@kaizen-trace/ports';
import type { AssemblerContext, CommitPolicy } from './context.js';
import { defaultCommitPolicy } from './context.js';
import { holdPartition } from './hold-partition.js';
import type { PartitionRecorder } from './recorder.js';
import { createRecorder } from './recorder.js';
import type { StateOwner } from './restore.js';
import type { AssemblerObserver, PartitionStatus } from './status.js';
import { systemClock } from './system-clock.js';

/** SHA-256 of the UTF-8 text, as 64 lower-case hex digits, by Node's one-shot hash. */
export const sha256Hex: Sha256Hex = (text) => hash('sha256', text, 'hex');

export interface AssemblerOptions {
  readonly log: AssemblerLog;
  /** Written into the state; a start with others refuses. */
  readonly owner: StateOwner;
  readonly settings: AssemblySettings;
  readonly commit?: Partial<CommitPolicy>;
  readonly clock?: Clock;
  readonly observer?: AssemblerObserver;
}

export interface Assembler {
  /** The partitions held now. */
  statuses(): readonly PartitionStatus[];
  /** Settles when the group was left; rejects where membership was lost for good. */
  readonly done: Promise<void>;
  /** Commits what is held, then leaves the group. Idempotent. */
  close(): Promise<void>;
}

/** Joins the group and assembles the spans of every partition that it is given, until closed. */
export const openAssembler = async (options: AssemblerOptions): Promise<Assembler> => {
  const context: AssemblerContext = {
    owner: options.owner,
    settings: options.settings,
    sha256: sha256Hex,
    commit: { ...defaultCommitPolicy, ...options.commit },
    clock: options.clock ?? systemClock,
    observer: options.observer ?? (() => undefined),
  };
  const held = new Set<PartitionRecorder>();
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
    done: member.done,
    close: () => member.leave(),
  };
};
