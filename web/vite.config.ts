import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Build, development and unit tests of the web client. In development a Hone server or dev/mock_server.mjs at this
// address answers the requests.
const server = process.env.HONE_URL ?? 'http://127.0.0.1:7700';

export default defineConfig({
  plugins: [svelte()],
  // Only the root of the Hone server serves the files.
  base: '/',
  build: {
    target: 'es2022',
    // An inlined asset would be a data: address, which a strict content security policy blocks.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': { target: server } } },
  // Tests use the browser build of Svelte, in which state is reactive.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { environment: 'jsdom', include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'] },
});
