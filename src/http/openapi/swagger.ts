import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { BeforeSendAnswer, QUESTIONS } from '../../features/moderation/schemas.ts';
import type { App } from '../fastify.ts';
import { TICKET } from '../streams/stream-schemas.ts';
import { BYTES_CONTENT } from './bytes.ts';
import { withExamples } from './examples.ts';

/** The groups of operations in the document, in the order of a newcomer's questions. */
const TAGS = [
  { name: 'users', description: 'People and their profiles.' },
  { name: 'contacts', description: "One's own list of people and groups." },
  { name: 'blocks', description: 'Whom one wants to hear nothing of.' },
  { name: 'groups', description: 'Groups, their members, and requests to join.' },
  { name: 'messages', description: 'Sending, reading and erasing messages.' },
  { name: 'files', description: 'Pictures and other files that messages carry.' },
  { name: 'reactions', description: 'What people answer a message with, without words.' },
  { name: 'conversations', description: 'What one has talked about, and how far one has read.' },
  { name: 'inbox', description: 'Everything that happens to a user, resumable from any cursor.' },
  { name: 'journal', description: 'Everything that is decided, for your own backend to follow.' },
  { name: 'webhooks', description: 'Where what is decided is sent to, as Standard Webhooks.' },
  { name: 'push', description: 'Devices, and who is notified on them.' },
  { name: 'tokens', description: 'Credentials for users and for browsers.' },
  { name: 'spaces', description: 'Spaces for customers, each with users, groups and messages of its own.' },
  { name: 'demo', description: 'Signing in with a mere name, to try the service out.' },
  { name: 'service', description: 'For those who run the service.' },
];

const DESCRIPTION = `An instant-messaging backend: REST to act, one inbox a user to follow.

**Callers.** A *server key* acts for anybody. A *user token* (JWT) acts for its own user; \`me\` in a path is that user.

**Errors** are \`application/problem+json\` with a stable \`code\`. 503 means that nothing was done. 504 \`outcome_unknown\`
means that it may have been done: repeat it, a send with the same \`clientMessageId\`.

Headers or a path of more than 16 KiB are answered with 431, a method that a path does not have with 405.

**Lists** are \`{ items, next }\`. For the following page pass \`next\` as \`after\`; in a history as \`before\` or
\`after\`, whichever way you read; in an inbox as \`start\`. The last page has none; an inbox always has one.`;

const THIS_SERVER = { url: '/', description: 'This server.' };

/** The plugin leaves out a parameter that is a way to authenticate as well, but not every generator makes one of the latter. */
function withTicket<Openapi extends object>(openapi: Openapi): Openapi {
  const { paths } = openapi as {
    paths: Record<string, Record<string, { security?: object[]; parameters?: object[] }>>;
  };
  const { description, ...schema } = TICKET;
  const parameter = { name: 'ticket', in: 'query', required: false, description, schema };
  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    if (operation.security?.some((way) => 'ticket' in way)) operation.parameters?.push(parameter);
  }
  return openapi;
}

/** What is sent to webhooks, by type: each the body of a request that a receiver answers. */
function withWebhooks<Openapi extends object>(openapi: Openapi): Openapi {
  const { schemas } = (openapi as { components: { schemas: Record<string, Sent> } }).components;
  const { discriminator } = schemas.BackendEvent as unknown as { discriminator: { mapping: Record<string, string> } };
  const webhooks = Object.fromEntries(
    Object.entries(discriminator.mapping).map(([type, $ref]) => {
      const { description } = schemas[$ref.split('/').at(-1)!]!;
      const content = { 'application/json': { schema: { $ref } } };
      const post = {
        operationId: `on${$ref.split('/').at(-1)}`,
        tags: ['webhooks'],
        summary: type,
        description: `${description} Signed as Standard Webhooks are.`,
        security: [],
        requestBody: { required: true, content },
        responses: {
          '2XX': { description: 'It has arrived.' },
          '4XX': { description: 'It has not; 410 ends the webhook.' },
        },
      };
      return [type, { post }];
    }),
  );
  return { ...openapi, webhooks: { ...webhooks, ...questions() } };
}

/** What is asked before something is done, by type: what is answered decides. */
function questions(): object {
  return Object.fromEntries(
    Object.entries<Sent & { $id: string }>(QUESTIONS as never).map(([type, schema]) => {
      const content = (of: { $id: string }) => ({
        'application/json': { schema: { $ref: `#/components/schemas/${of.$id}` } },
      });
      const post = {
        operationId: `on${schema.$id}`,
        tags: ['webhooks'],
        summary: type,
        description: `${schema.description} Sent to \`BEFORE_SEND_URL\`, signed as Standard Webhooks are. Answer within a second.`,
        security: [],
        requestBody: { required: true, content: content(schema) },
        responses: {
          '200': { description: 'What is to happen.', content: content(BeforeSendAnswer) },
          '204': { description: 'It may be done.' },
          '4XX': { description: 'As no answer: `BEFORE_SEND_FAIL` says what happens.' },
        },
      };
      return [type, { post }];
    }),
  );
}

interface Sent {
  description: string;
}

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
      // A generated client needs one that is absolute.
      servers: [{ url: 'http://127.0.0.1:8888', description: 'On this machine, as it comes.' }, THIS_SERVER],
      tags: TAGS,
      components: {
        securitySchemes: {
          userToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A user token.' },
          serverKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key of API_KEYS, or the server key of a space.',
          },
          adminKey: { type: 'http', scheme: 'bearer', description: 'A key of ADMIN_KEYS.' },
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
    transform: ({ schema, url, route }) => ({
      url,
      schema: route.config?.takesBytes ? ({ ...schema, body: { content: BYTES_CONTENT } } as never) : schema,
    }),
    transformObject: (document) =>
      withWebhooks(
        withTicket(withExamples('openapiObject' in document ? document.openapiObject : document.swaggerObject)),
      ),
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
    // The page tries the server that it came from, and may call no other.
    transformSpecification: (document) => ({ ...document, servers: [THIS_SERVER] }),
    transformSpecificationClone: true,
    logLevel: 'warn',
  });
}
