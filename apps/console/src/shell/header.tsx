import { useEffect, useRef } from 'react';
import { Link } from '../shared/link.js';
import type { Page } from '../shared/page.js';
import { chooseTheme, themeAfter, useTheme } from '../shared/theme.js';
import type { Theme } from '../shared/theme.js';
import { pages } from './pages.js';

interface HeaderProps {
  readonly current: Page | undefined;
  readonly onShowKeys: () => void;
}

const marks: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };

const ThemeButton = () => {
  const theme = useTheme();
  const label = `Colours: ${theme === 'system' ? 'as the system has them' : theme}`;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onClick={() => chooseTheme(themeAfter(theme))}
    >
      {marks[theme]}
    </button>
  );
};

/** A trace belongs to the page where it is found. */
const isCurrent = (page: Page, current: Page | undefined): boolean =>
  page === current || (page.path === '/' && current?.path === '/trace');

const Navigation = ({ current }: Pick<HeaderProps, 'current'>) => {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where it is too narrow for all, the page that is shown is in sight.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <nav ref={nav} aria-label="Pages" className="pages">
      {pages
        .filter(({ goKey }) => goKey !== '')
        .map((page) => (
          <Link key={page.path} to={page.path} aria-current={isCurrent(page, current) ? 'page' : undefined}>
            {page.title}
          </Link>
        ))}
    </nav>
  );
};

/** The name, the navigation, and what is everywhere. */
export const Header = ({ current, onShowKeys }: HeaderProps) => (
  <header className="header">
    <Link to="/" className="brand">
      <span className="brand-mark" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span className="brand-name">kaizen-trace</span>
    </Link>
    <Navigation current={current} />
    <div className="header-tools">
      <ThemeButton />
      <button type="button" className="icon-button" aria-label="Keys" title="Keys (?)" onClick={onShowKeys}>
        ?
      </button>
    </div>
  </header>
);
