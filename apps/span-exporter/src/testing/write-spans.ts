import type { AssemblerLog, OwnedPartition } from '@kaizen-trace/ports';

/** Puts messages on partitions of the span log, in order, as an assembler does: it is the only way in. */
export const writeSpans = async (
  log: AssemblerLog,
  messages: readonly (readonly [partition: number, request: Uint8Array])[],
): Promise<void> => {
  const owned = new Map<number, OwnedPartition>();
  const wanted = new Set(messages.map(([partition]) => partition));
  const all = Promise.withResolvers<undefined>();
  const member = await log.join(async (lease) => {
    const outcome = await lease.acquire();
    if (outcome.type !== 'acquired') throw outcome.cause;
    owned.set(lease.partition, outcome.owned);
    if ([...wanted].every((each) => owned.has(each))) all.resolve(undefined);
    await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    await outcome.owned.close();
  });
  // A holder that throws ends the membership: better that than to wait for partitions that will not come.
  await Promise.race([all.promise, member.done]);
  for (const [partition, request] of messages) {
    const holding = owned.get(partition);
    if (holding === undefined) throw new Error(`partition ${partition} was not acquired`);
    const nextOffset = holding.committedOffset ?? holding.bounds.start;
    const outcome = await holding.commit({ spans: [request], state: [], deadLetters: [], nextOffset });
    if (outcome.type !== 'committed') throw outcome.cause;
  }
  await member.leave();
};
