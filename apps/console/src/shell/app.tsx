import { useEffect, useMemo, useState } from 'react';
import { Link } from '../shared/link.js';
import { navigate, placeOf, useAddress } from '../shared/location.js';
import { useShortcuts } from '../shared/shortcuts.js';
import { Empty } from '../shared/states.js';
import { Header } from './header.js';
import { KeysPanel } from './keys-panel.js';
import { pageOf, pages } from './pages.js';

const NotFound = ({ path }: { readonly path: string }) => (
  <Empty title="There is no such page">
    <p>
      <code>{path}</code> is none of the console’s. <Link to="/">Find traces</Link>
    </p>
  </Empty>
);

/** `g` and then a page's key goes there; the second key must come within two seconds. */
const useGoKeys = (): (() => void) => {
  const [isGoing, setGoing] = useState(false);
  useEffect(() => {
    if (!isGoing) return undefined;
    const go = (event: KeyboardEvent): void => {
      const page = pages.find(({ goKey }) => goKey !== '' && goKey === event.key);
      setGoing(false);
      if (page === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      navigate(page.path);
    };
    const timer = setTimeout(() => setGoing(false), 2_000);
    document.addEventListener('keydown', go, { capture: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', go, { capture: true });
    };
  }, [isGoing]);
  return () => setGoing(true);
};

const goAbout = `go to a page: ${pages
  .filter(({ goKey }) => goKey !== '')
  .map(({ goKey, title }) => `g ${goKey} ${title}`)
  .join(', ')}`;

/** The console: the header, and the page of the address. */
export const App = () => {
  const address = useAddress();
  const place = useMemo(() => placeOf(address), [address]);
  const page = pageOf(place.path);
  const [keysShown, showKeys] = useState(false);
  const startGoing = useGoKeys();
  useShortcuts({
    title: 'Everywhere',
    shortcuts: [
      { keys: ['?'], about: 'show the keys', run: () => showKeys(true) },
      { keys: ['g'], about: goAbout, run: startGoing },
    ],
  });
  useEffect(() => {
    document.title = page === undefined ? 'kaizen-trace' : `${page.title} · kaizen-trace`;
  }, [page]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Header current={page} onShowKeys={() => showKeys(true)} />
      <main id="main" tabIndex={-1}>
        {page === undefined ? <NotFound path={place.path} /> : page.render(place)}
      </main>
      {keysShown && <KeysPanel onClose={() => showKeys(false)} />}
    </>
  );
};
