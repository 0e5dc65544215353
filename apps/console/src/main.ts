import './shared/tokens.css';
import './shared/base.css';
import './shell/shell.css';
import { applyTheme } from './shared/theme.js';
import { askEarly } from './traces/data/trace-client.js';

applyTheme();
// The answer takes longer than all else: it is on its way while the rest is loaded.
askEarly(window.location.pathname);
const root = document.getElementById('console');
if (root === null) throw new Error('index.html has no element with the id "console"');
const { render } = await import('./shell/render.js');
render(root);
