import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './shared/tokens.css';
import './shared/base.css';
import './shell/shell.css';
import { App } from './shell/app.js';
import { applyTheme } from './shared/theme.js';

applyTheme();
const root = document.getElementById('console');
if (root === null) throw new Error('index.html has no element with the id "console"');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
