import type { StateReader } from '@kaizen-trace/ports';
import { entryKey } from '@kaizen-trace/state-store';
import { statePrefix } from './keys.js';
import type { Store } from './store.js';

/** Looks at the state that a group's last commits left, whichever process owns its partitions. */
export const stateReaderOf = (store: Store, group: string): StateReader => ({
  latest: (partition, key) =>
    Promise.resolve(
      store.read(() => {
        const value = store.env.entries.get(entryKey(statePrefix(group, partition), key));
        return value === undefined ? undefined : Uint8Array.from(value);
      }),
    ),
});
