import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { ImError } from '../domain/errors.ts';
import type { App } from './fastify.ts';

/** Where `npm run build` puts the page. The path is the same from `src/http` and from `dist/http`. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));

/** What the page may load: only what comes from here, the pictures that people have set, and those it has fetched with a token. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' https: data: blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What lies beside the page: the service worker, which may ask for files of the page, and what lets the page be installed. */
const BESIDE = [
  { name: 'sw.js', type: 'text/javascript; charset=utf-8', policy: "default-src 'none'; connect-src 'self'" },
  { name: 'manifest.webmanifest', type: 'application/manifest+json', policy: "default-src 'none'" },
];

/**
 * The chat page at `/`, and its files at `/assets/`, as they are when the service starts. They change their names with
 * their contents, so that a browser may keep them; the page itself it asks for each time.
 */
export async function registerPage(app: App, folder: string): Promise<void> {
  const isBuilt = await serve(app, '/', join(folder, 'index.html'), 'text/html; charset=utf-8', PAGE_CSP);
  if (!isBuilt) {
    app.get('/', HIDDEN, async () => {
      throw new ImError('route_not_found', 'The chat page is not built: type npm run build, and start again.');
    });
    return;
  }
  for (const { name, type, policy } of BESIDE) await serve(app, `/${name}`, join(folder, name), type, policy);

  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    // A route for each file that is there: no path leads to anything else.
    wildcard: false,
    globIgnore: ['**/*.br', '**/*.gz'],
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
    acceptRanges: false,
    index: false,
    decorateReply: false,
    suppressWarning: true,
    logLevel: 'warn',
  });
}

const HIDDEN = { config: { access: 'public' }, logLevel: 'warn', schema: { hide: true } } as const;

/** Serves a file as it is now, which browsers ask for each time. @returns false if there is none */
async function serve(app: App, path: string, file: string, type: string, policy: string): Promise<boolean> {
  const contents = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (contents === undefined) return false;
  // Of the contents, not of the file's time, which a package or an image may have set to anything.
  const etag = `"${createHash('sha256').update(contents).digest('base64url')}"`;
  app.get(path, HIDDEN, async (request, reply) => {
    reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache', etag });
    if (isAmong(etag, request.headers['if-none-match'])) return reply.status(304).send();
    return reply.type(type).send(contents);
  });
  return true;
}

/** Whether one of the tags in an If-None-Match is this one; a proxy that compresses makes a tag weak. */
function isAmong(etag: string, tags: string | undefined): boolean {
  if (tags === undefined) return false;
  return tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}
