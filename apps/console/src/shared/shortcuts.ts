import { useEffect, useRef } from 'react';

/** A key, or `Shift+key`, and what it does. */
export interface Shortcut {
  /** As in `KeyboardEvent.key`; several keys may do the same. */
  readonly keys: readonly string[];
  readonly about: string;
  readonly run: () => void;
}

/** Shortcuts that belong together in the panel of the keys. */
export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

const groups = new Set<{ current: ShortcutGroup }>();

/** What is active now, for the panel. */
export const activeShortcuts = (): readonly ShortcutGroup[] => [...groups].map(({ current }) => current);

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select'));

const handle = (event: KeyboardEvent): void => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
    return;
  if (document.querySelector('dialog[open]') !== null) return;
  for (const { current } of [...groups].reverse()) {
    const shortcut = current.shortcuts.find(({ keys }) => keys.includes(event.key));
    if (shortcut === undefined) continue;
    event.preventDefault();
    shortcut.run();
    return;
  }
};

/** Makes shortcuts work, and shows them in the panel of the keys, while the component is there. */
export const useShortcuts = (group: ShortcutGroup): void => {
  const held = useRef(group);
  useEffect(() => {
    held.current = group;
  });
  useEffect(() => {
    if (groups.size === 0) document.addEventListener('keydown', handle);
    groups.add(held);
    return () => {
      groups.delete(held);
      if (groups.size === 0) document.removeEventListener('keydown', handle);
    };
  }, []);
};
