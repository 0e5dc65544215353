import { useEffect, useRef, useState } from 'react';
import { activeShortcuts } from '../shared/shortcuts.js';
import type { ShortcutGroup } from '../shared/shortcuts.js';

const names: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
};

const Group = ({ title, shortcuts }: ShortcutGroup) => (
  <section>
    <h3>{title}</h3>
    <dl className="keys">
      {shortcuts.map(({ keys, about }) => (
        <div key={keys.join()}>
          <dt>
            {keys.map((key) => (
              <kbd key={key}>{names[key] ?? key}</kbd>
            ))}
          </dt>
          <dd>{about}</dd>
        </div>
      ))}
    </dl>
  </section>
);

/** The keys that work on this page. */
export const KeysPanel = ({ onClose }: { readonly onClose: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [groups] = useState(activeShortcuts);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="panel" aria-labelledby="keys-title" onClose={onClose}>
      <header>
        <h2 id="keys-title">Keys</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          ✕
        </button>
      </header>
      {groups.map((group) => (
        <Group key={group.title} {...group} />
      ))}
    </dialog>
  );
};
