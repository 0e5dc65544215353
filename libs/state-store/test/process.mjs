// An owner in a process of its own: `process.mjs DIRECTORY`. It follows one commit after the other, writes each, and says
// which one it can read, or how that ended.
import { writeSync } from 'node:fs';
import { LocalStore } from '@kaizen-trace/state-store';

const [directory] = process.argv.slice(2);
const say = (line) => writeSync(1, `${line}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const { store } = await LocalStore.claim({ directory, identity: { group: 'g' }, temporary: false });
const view = store.view();
for (let next = 1n; ; next += 1n) {
  const entries = ['partition', `o:${next}:trace`].map((key) => ({ key, value: Buffer.from(`${next}`) }));
  await store.follow({ entries, nextOffset: next, at: { position: next, asOf: Date.now() } });
  try {
    await store.flush();
    say(Buffer.from(view.get('partition')).toString());
  } catch (error) {
    say(error.name);
    break;
  }
  await pause(10);
}
await store.close();
say('closed');
