import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { offline } from './offline/plugin.ts';

export default defineConfig({
  plugins: [svelte(), offline()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page lets nothing in but files of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Where the service listens while the page is worked on: `npm start` here, `npx vite` in src/web.
  server: { proxy: { '/v1': process.env.REDISIM_URL ?? 'http://127.0.0.1:8888' } },
});
