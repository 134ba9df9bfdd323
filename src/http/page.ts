import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { ImError } from '../domain/errors.ts';
import type { App } from './fastify.ts';

/** Where `npm run build` puts the page. The path is the same from `src/http` and from `dist/http`. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));

/** What the page may load: only what comes from here, and the pictures that people have set. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' https: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The chat page at `/`, and its files at `/assets/`, as they are when the service starts. They change their names with
 * their contents, so that a browser may keep them; the page itself it asks for each time.
 */
export async function registerPage(app: App, folder: string): Promise<void> {
  const html = await readFile(join(folder, 'index.html')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  // Of the contents, not of the file's time, which a package or an image may have set to anything.
  const etag = html && `"${createHash('sha256').update(html).digest('base64url')}"`;

  app.get('/', { config: { access: 'public' }, logLevel: 'warn', schema: { hide: true } }, async (request, reply) => {
    if (html === undefined) {
      throw new ImError('route_not_found', 'The chat page is not built: type npm run build, and start again.');
    }
    reply.headers({ 'content-security-policy': PAGE_CSP, 'cache-control': 'no-cache', etag });
    if (isAmong(etag!, request.headers['if-none-match'])) return reply.status(304).send();
    return reply.type('text/html; charset=utf-8').send(html);
  });
  if (html === undefined) return;

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

/** Whether one of the tags in an If-None-Match is this one; a proxy that compresses makes a tag weak. */
function isAmong(etag: string, tags: string | undefined): boolean {
  if (tags === undefined) return false;
  return tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}
