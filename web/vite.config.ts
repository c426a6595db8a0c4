import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// In development the interface is answered by a Hone server or by dev/mock_server.mjs on this address.
const server = process.env.HONE_URL ?? 'http://127.0.0.1:7700';

export default defineConfig({
  plugins: [svelte()],
  // The files are served from the root of the Hone server and from nowhere else.
  base: '/',
  build: {
    target: 'es2022',
    // An inlined asset would be a data: address, which a strict content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': { target: server } } },
  // Tests run the browser's half of Svelte, in which state is reactive.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { environment: 'jsdom', include: ['tests/**/*.test.ts'] },
});
