import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';

/** Shows the console in the page. */
export const render = (root: HTMLElement): void =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
