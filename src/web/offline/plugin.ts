import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import * as notices from '../i18n/notices.ts';
import * as talk from '../i18n/talk.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url));

/** What makes the page open without a line, and lets it be installed: its service worker, a manifest and icons. */
export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    buildStart() {
      for (const { name } of ICONS) this.emitFile({ type: 'asset', name, source: read(name) });
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
        const addressOf = (name: string) => {
          const { fileName } = Object.values(bundle).find((one) => one.type === 'asset' && one.names.includes(name))!;
          return `/${fileName}`;
        };
        const icons = ICONS.map(({ name, ...icon }) => ({ src: addressOf(name), type: 'image/png', ...icon }));
        const manifest = JSON.stringify({ ...MANIFEST, icons }, undefined, 2);
        this.emitFile({ type: 'asset', fileName: 'manifest.webmanifest', source: manifest });
        const paths = JSON.stringify(files.map((name) => `/${name}`));
        const worker = read('worker.js').toString();
        const words = JSON.stringify({ en: wordsOf(notices.en, talk.en), zh: wordsOf(notices.zh, talk.zh) });
        const page = bundle['index.html'];
        const html = page?.type === 'asset' ? page.source : '';
        const version = createHash('sha256').update(html).update(paths).update(words).digest('base64url').slice(0, 12);
        const source = [
          `const VERSION = '${version}';`,
          `const FILES = ${paths};`,
          `const ICON = '${icons[0]!.src}';`,
          `const WORDS = ${words};`,
          worker,
        ].join('\n');
        this.emitFile({ type: 'asset', fileName: 'sw.js', source });
      },
    },
  };
}

const ICONS = [
  { name: 'icon-192.png', sizes: '192x192' },
  { name: 'icon-512.png', sizes: '512x512' },
  { name: 'icon-maskable-512.png', sizes: '512x512', purpose: 'maskable' },
];

/** What the service worker says: it has no other part of the page. A # stands for a number. */
function wordsOf({ newMessage }: typeof notices.en, { unread }: typeof talk.en) {
  return { newMessage, unread: unread('#' as never) };
}

const MANIFEST = {
  id: '/',
  name: 'redisim',
  short_name: 'redisim',
  description: 'A chat, served by redisim',
  start_url: '/',
  scope: '/',
  display: 'standalone',
  background_color: '#ffffff',
  theme_color: '#4453d6',
};
