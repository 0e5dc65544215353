import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `vite` finds the APIs while the console is worked on: `KAIZEN_CONSOLE_API=http://localhost:16686`. */
const api = process.env.KAIZEN_CONSOLE_API ?? 'http://localhost:16686';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: 'es2023',
    // The policy allows files of this origin and nothing inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': api } },
});
