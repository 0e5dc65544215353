// A member of the assemblers' group in a process of its own, so that a test can freeze it: for each partition it is
// given it commits one unit every 200 ms, and says on standard output how each step ended.
// node kafka-member.mjs BROKERS TOPIC_PREFIX GROUP NAME
import { setTimeout as sleep } from 'node:timers/promises';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';

const [brokers, topicPrefix, group, name] = process.argv.slice(2);
const say = (step, partition, type) => process.stdout.write(`${JSON.stringify({ step, partition, type })}\n`);
const log = await openKafkaLog({ brokers: brokers.split(','), topicPrefix });

await log.assemblers({ group, sessionTimeoutMs: 6000 }).join(async (lease) => {
  const { partition, signal } = lease;
  const outcome = await lease.acquire();
  say('acquire', partition, outcome.type);
  if (outcome.type !== 'acquired') return;
  for (let turn = 0n; ; turn += 1n) {
    // Once more after the lease has ended, as a holder that drains does: one that woke up too late must not succeed.
    const isLast = signal.aborted;
    const spans = [Buffer.from(name)];
    const { type } = await outcome.owned.commit({ spans, state: [], deadLetters: [], nextOffset: turn });
    say('commit', partition, type);
    if (type === 'committed') {
      if (isLast) return;
      await sleep(200);
      continue;
    }
    // What a holder must not get away with: it tries again although it may have been replaced.
    await outcome.owned.close();
    const again = await lease.acquire();
    say('acquire again', partition, again.type);
    return;
  }
});
