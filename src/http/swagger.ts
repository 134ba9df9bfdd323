import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { withExamples } from './examples.ts';
import type { App } from './fastify.ts';

/** The groups of operations in the document, in the order of a newcomer's questions. */
const TAGS = [
  { name: 'users', description: 'People and their profiles.' },
  { name: 'contacts', description: "One's own list of people and groups." },
  { name: 'groups', description: 'Groups, their members, and requests to join.' },
  { name: 'messages', description: 'Sending, reading and erasing messages.' },
  { name: 'conversations', description: 'What one has talked about, and how far one has read.' },
  { name: 'inbox', description: 'Everything that happens to a user, resumable from any cursor.' },
  { name: 'tokens', description: 'Credentials for users and for browsers.' },
  { name: 'demo', description: 'Signing in with a mere name, to try the service out.' },
  { name: 'service', description: 'For those who run the service.' },
];

const DESCRIPTION = `An instant-messaging backend: REST to act, one inbox a user to follow.

**Callers.** A *server key* acts for anybody. A *user token* (JWT) acts for its own user; \`me\` in a path is that user.

**Errors** are \`application/problem+json\` with a stable \`code\`. 503 means that nothing was done. 504 \`outcome_unknown\`
means that it may have been done: repeat it, a send with the same \`clientMessageId\`.

**Lists** are \`{ items, next }\`: pass \`next\` as \`after\` for the following page; the last one has none.`;

/** Collects the routes into an OpenAPI 3.1 document. Before the routes. */
export async function registerSwagger(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'redisim',
        version,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This server.' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          userToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A user token.' },
          serverKey: { type: 'http', scheme: 'bearer', description: 'An API key of API_KEYS.' },
          ticket: {
            type: 'apiKey',
            in: 'query',
            name: 'ticket',
            description:
              'A ticket for one stream, for EventSource, which can set no headers. Beside a bearer `Authorization` it is ' +
              'not looked at: that one counts, also where it is refused.',
          },
        },
      },
    },
    transformObject: (document) =>
      withExamples('openapiObject' in document ? document.openapiObject : document.swaggerObject),
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
  });
}

/**
 * What the page may load: only what comes from here. Not the plugin's own policy, which has a browser ask for https, so
 * that the page stays empty on every address but loopback where nobody has put a proxy in front.
 */
const DOCS_CSP = {
  'default-src': "'none'",
  'connect-src': "'self'",
  'script-src': "'self'",
  'style-src': "'self'",
  // Icons in its style sheet.
  'img-src': "'self' data:",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** The document at /openapi.json, and a page to try it at /docs. */
export async function registerDocs(app: App): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_CSP,
    uiConfig: { docExpansion: 'list' },
    logLevel: 'warn',
  });
}
