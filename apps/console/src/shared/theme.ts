import { useSyncExternalStore } from 'react';

/** The viewer's choice; `system` follows `prefers-color-scheme`. */
export type Theme = 'system' | 'light' | 'dark';

const themes: readonly Theme[] = ['system', 'light', 'dark'];
const storageKey = 'kaizen-trace.theme';
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

const stored = (): Theme => {
  try {
    const value = window.localStorage.getItem(storageKey);
    return themes.find((theme) => theme === value) ?? 'system';
  } catch {
    return 'system';
  }
};

let theme = stored();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const schemeNow = (): 'light' | 'dark' => {
  if (theme !== 'system') return theme;
  return systemDark.matches ? 'dark' : 'light';
};

/** Puts the scheme on the document, where the design tokens look for it. Called once before anything is rendered. */
export const applyTheme = (): void => {
  document.documentElement.dataset.scheme = schemeNow();
};

systemDark.addEventListener('change', () => {
  applyTheme();
  listeners.forEach((listener) => listener());
});

/** Makes the choice, keeps it for the next visit, and shows it at once. */
export const chooseTheme = (choice: Theme): void => {
  theme = choice;
  try {
    window.localStorage.setItem(storageKey, choice);
  } catch {
    // Kept for this visit only.
  }
  applyTheme();
  listeners.forEach((listener) => listener());
};

/** The next of the three choices. */
export const themeAfter = (current: Theme): Theme =>
  themes[(themes.indexOf(current) + 1) % themes.length] ?? 'system';

/** The viewer's choice. */
export const useTheme = (): Theme => useSyncExternalStore(subscribe, () => theme);

/** What is shown; a canvas is drawn anew when it changes. */
export const useScheme = (): 'light' | 'dark' => useSyncExternalStore(subscribe, schemeNow);
