import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ImError } from '../../domain/errors.ts';
import type { Caller } from '../../http/auth/caller.ts';
import type { App } from '../../http/fastify.ts';
import { SelfParams } from '../../http/openapi/params.ts';
import { problems } from '../../http/openapi/problem.ts';
import type { Revocations } from '../tokens/revocations.ts';
import type { ExportLine as Line } from './exports.ts';
import { ExportLine } from './schemas.ts';

export interface ExportRoutesOptions {
  /** A client that takes nothing for so long is cut off, ms. */
  stallMs: number;
}

/** What is a user's, for the user to take along. */
export function exportRoutes(app: App, { stallMs }: ExportRoutesOptions): void {
  /** Those under way, so that one is made for a user at a time, and none keeps the service from ending. */
  const open = new Map<string, ServerResponse>();
  app.addHook('preClose', async () => {
    for (const response of open.values()) response.destroy();
  });

  app.get(
    '/v1/users/:uid/export',
    {
      config: { access: 'self', isStream: true },
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportUser',
        tags: ['users'],
        summary: 'Export what is a user’s',
        description: `As NDJSON, each line an \`ExportLine\`: the profile, contacts, blocks, devices, memberships, conversations with read marks and settings, then
messages: what the user may read in its conversations, and what it has sent, in groups that it has left, too (\`own\`). The last line has the type
\`end\`, and says how many lines there were: an answer without it was cut off, by an error or the end of the token’s rights, and is to be
asked for again.

It is read while it is written, and is no picture of one moment: what comes, is edited or is erased meanwhile may be in it as it was or as it is;
what was there before and stays is in it once. For the user itself, or a server key; one at a time for a user.`,
        params: SelfParams,
        response: {
          200: {
            description: 'The lines.',
            content: { 'application/x-ndjson': { schema: ExportLine } },
          },
          ...problems('user_not_found', 'too_many_requests'),
        },
      },
    },
    async (request, reply) => {
      const { caller, space } = request;
      const { uid } = request.params;
      const { raw } = reply;
      const name = space.store.keys.user(uid);
      if (open.has(name)) {
        const detail = 'An export of this user is under way here: wait until it has ended, or end it.';
        throw new ImError('too_many_requests', detail, { retryAfter: 5 });
      }
      open.set(name, raw);
      raw.once('close', () => open.delete(name));
      const parts = space.exports.lines(uid);
      // What can be refused is refused before the first byte.
      const first = await parts.next();
      raw.setTimeout(stallMs, () => raw.destroy());
      reply.header('cache-control', 'no-store').type('application/x-ndjson; charset=utf-8');
      // It reads on when the client has taken what there is. An error ends the connection.
      return reply.send(
        Readable.from(render(first.value, parts, () => checkStillGood(space.revocations, caller))) as never,
      );
    },
  );
}

async function* render(first: Line[], rest: AsyncGenerator<Line[]>, check: () => Promise<void>) {
  yield toText(first);
  for await (const lines of rest) {
    await check();
    if (lines.length > 0) yield toText(lines);
  }
}

function toText(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Whoever loses its rights meanwhile gets no more. */
async function checkStillGood(revocations: Revocations, caller: Caller): Promise<void> {
  const refusal = caller.kind === 'user' && (await revocations.refusalOf(caller));
  if (refusal) throw new ImError(refusal, 'The token was revoked while the export was read.');
}
