import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { UNKNOWN_TYPE } from '../../domain/files.ts';
import type { App } from '../../http/fastify.ts';
import { BYTES_CONTENT } from '../../http/openapi/bytes.ts';
import { SelfParams } from '../../http/openapi/params.ts';
import { problems } from '../../http/openapi/problem.ts';
import { answer, responses } from '../../http/openapi/responses.ts';
import { mayBeSlow } from '../../http/plugins/problem.ts';
import { headersOf, isFresh, partOf } from './download.ts';
import { FileParams, FileQuery, UploadedFile } from './schemas.ts';

export interface FileRoutesOptions {
  /** A client that sends, or takes, nothing for so long is cut off, ms. */
  stallMs: number;
}

/** Files: taking and giving them. */
export function fileRoutes(app: App, options: FileRoutesOptions): void {
  app.register(async (scope) => {
    uploadRoute(scope as never, options);
  });
  downloadRoute(app, options);
}

/** Its body is no JSON, whatever it is said to be: so it has a scope of its own. */
function uploadRoute(app: App, { stallMs }: FileRoutesOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.post(
    '/v1/users/:uid/files',
    {
      config: { access: 'self', isStream: true, takesBytes: true },
      schema: {
        operationId: 'uploadFile',
        tags: ['files'],
        summary: 'Upload a file',
        description:
          'The body is the file, of any type and up to `FILE_MAX` bytes. A message can carry it then, as one of its `attachments`; ' +
          'what none carries for a day is removed. Its type is told from its bytes: a `Content-Type` counts where they tell ' +
          'nothing, or only a container such as zip, and never for pictures, sound and film. For the user itself, or a server key.',
        params: SelfParams,
        response: responses(
          { 201: answer(UploadedFile, 'The file is stored.') },
          'user_not_found',
          'files_off',
          'too_many_pending_files',
          'request_timeout',
          'body_too_large',
          'unsupported_media_type',
        ),
      },
    },
    async (request, reply) => {
      const { socket } = request.raw;
      const endSlowness = mayBeSlow(socket, stallMs);
      try {
        const file = await request.space.files.upload(request.params.uid, {
          body: request.body === undefined ? Readable.from([]) : (request.body as Readable),
          length: lengthOf(request),
          type: request.headers['content-type'],
        });
        return reply.status(201).send(file);
      } catch (error) {
        // What is still to come of the body is not worth waiting for.
        if (!request.raw.complete) reply.header('connection', 'close');
        throw error;
      } finally {
        endSlowness();
      }
    },
  );
}

function lengthOf({ headers, body }: FastifyRequest): number | undefined {
  if (body === undefined) return 0;
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function downloadRoute(app: App, { stallMs }: FileRoutesOptions): void {
  app.get(
    '/v1/users/:uid/files/:id',
    {
      config: { access: 'stream', isStream: true },
      schema: {
        operationId: 'getFile',
        tags: ['files'],
        summary: 'Read a file',
        description:
          'For who may read a message that carries it now, and for who has uploaded it. Pictures, sound and film have their type, ' +
          `anything else is \`${UNKNOWN_TYPE}\`, to be saved and not shown. It may be asked for in parts (\`Range\`), and for what has ` +
          'changed (`If-None-Match`): a file never changes. An `<img>`, which can set no headers, takes a ticket. For the user itself, or ' +
          'a server key, which reads as that user.',
        params: FileParams,
        querystring: FileQuery,
        response: {
          200: { description: 'The file.', content: BYTES_CONTENT },
          206: { description: 'The part that was asked for.', content: BYTES_CONTENT },
          304: { description: 'The file is as it was.', type: 'null' },
          ...problems('file_not_found', 'files_off', 'range_not_satisfiable'),
        },
      },
    },
    async (request, reply) => {
      const { uid, id } = request.params;
      const file = await request.space.files.get(uid, id);
      reply.headers(headersOf(file));
      if (isFresh(request.headers, file)) return reply.status(304).send(null);
      const part = partOf(request.headers, file);
      reply.header('content-length', part.end - part.start + 1);
      if (part.isPartial) {
        reply.status(206).header('content-range', `bytes ${part.start}-${part.end}/${file.size}`);
      }
      // Fastify throws away the body, and its length would be 0.
      if (request.method === 'HEAD') return reply.send(Readable.from([]) as never);
      const bytes = await request.space.files.read(id, part);
      reply.raw.setTimeout(stallMs, () => reply.raw.destroy());
      return reply.send(bytes as never);
    },
  );
}
