// A process of its own on an embedded log: `process.mjs ROLE DIRECTORY NAME`. It writes one line for each thing done.
import { writeSync } from 'node:fs';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';

const [role, directory, name] = process.argv.slice(2);
const say = (line) => writeSync(1, `${line}\n`);
const bytes = (text) => Buffer.from(text);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const log = await openEmbeddedLog({ directory, partitions: 4 });

/** Appends for ever, three at a time, and says what was acknowledged. */
const append = async ({ count = Infinity, size = 0 } = {}) => {
  for (let index = 0; index < count; index += 1) {
    const value = `${name}-${index}`;
    const outcome = await log.events.append(
      ['a', 'b', 'c'].map((part) => ({
        key: bytes(name),
        value: bytes(`${value}${part}`.padEnd(size, '.')),
      })),
    );
    say(outcome.type === 'appended' ? value : outcome.type);
    if (outcome.type !== 'appended') return;
  }
};

/** Holds what it is given; on partition 0 it commits, every 20 ms or, busy, all the time, and says how that ended. */
const own = () =>
  log.assemblers({ group: 'g', sessionTimeoutMs: name === 'short' ? 500 : 60_000 }).join(async (lease) => {
    const outcome = await lease.acquire();
    say(`holds ${lease.partition}`);
    if (outcome.type !== 'acquired' || lease.partition !== 0) return;
    for (let next = 1n; !lease.signal.aborted; next += 1n) {
      const value = bytes(`${next}`);
      const unit = {
        spans: [value],
        state: [{ key: 'partition', value }],
        deadLetters: [{ key: null, value, headers: [] }],
        nextOffset: next,
      };
      say((await outcome.owned.commit(unit)).type);
      if (name !== 'busy') await pause(20);
    }
  });

const roles = {
  append: () => append(),
  some: async () => {
    await append({ count: 100 });
    await log.close();
  },
  // Under a limit of the file size: fills the disk, then shows that it is still alive.
  fill: async () => {
    await append({ size: 100_000 });
    say((await log.ping()).type);
    await log.close();
  },
  own,
};
await roles[role]();
