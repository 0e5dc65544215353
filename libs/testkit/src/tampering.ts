import type { AssemblerLog, OwnedPartition, UnitOfWork } from '@kaizen-trace/ports';

/** Changes what an assembler commits: what a broken product would commit. */
export type Tamper = (unit: UnitOfWork, partition: number) => UnitOfWork;

const tampered = (owned: OwnedPartition, tamper: Tamper): OwnedPartition => ({
  partition: owned.partition,
  committedOffset: owned.committedOffset,
  bounds: owned.bounds,
  restore: (progress) => owned.restore(progress),
  read: (from) => owned.read(from),
  commit: (unit) => owned.commit(tamper(unit, owned.partition)),
  appendTick: () => owned.appendTick(),
  close: () => owned.close(),
});

/** The same log, with an assembler's units changed on their way. */
export const tampering = (log: AssemblerLog, tamper: Tamper): AssemblerLog => ({
  ...log,
  join: (hold) =>
    log.join((lease) =>
      hold({
        partition: lease.partition,
        signal: lease.signal,
        acquire: async () => {
          const outcome = await lease.acquire();
          return outcome.type === 'acquired'
            ? { type: 'acquired', owned: tampered(outcome.owned, tamper) }
            : outcome;
        },
      }),
    ),
});
