import type { App } from '../../http/fastify.ts';
import { PeerParams, pageQuery, SelfParams } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { Contact, ContactList } from './schemas.ts';

const MAX_PAGE = 1_000;

/** Contacts: one's own list of people and groups. */
export function contactRoutes(app: App): void {
  app.get(
    '/v1/users/:uid/contacts',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listContacts',
        tags: ['contacts'],
        summary: 'List contacts',
        description:
          'People that were added and groups that were joined, the oldest first. For the user itself, or a server key.',
        params: SelfParams,
        querystring: pageQuery(MAX_PAGE, 'contacts', '1763900311455,user:bob'),
        response: responses({ 200: answer(ContactList, 'A page of contacts.') }, 'invalid_cursor'),
      },
    },
    (request) => request.space.contacts.list(request.params.uid, request.query),
  );

  app.put(
    '/v1/users/:uid/contacts/:peer',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'putContact',
        tags: ['contacts'],
        summary: 'Add a person to the contacts',
        description:
          'The first time, both are told by a `link` event in their conversation; a person who takes messages of contacts alone ' +
          'only where the conversation is new. For the user itself, or a server key. ' +
          'Idempotent: repeated, it changes nothing and tells nobody.',
        params: PeerParams,
        response: responses(
          { 201: answer(Contact, 'The person was added.'), 200: answer(Contact, 'The person was there already.') },
          'blocked',
          'must_unblock',
          'user_not_found',
        ),
      },
    },
    async (request, reply) => {
      const { contact, created } = await request.space.contacts.link(request.params.uid, request.params.peer);
      return reply.status(created ? 201 : 200).send(contact);
    },
  );

  app.delete(
    '/v1/users/:uid/contacts/:peer',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteContact',
        tags: ['contacts'],
        summary: 'Remove a person from the contacts',
        description:
          'Nobody is told, and the conversation stays. For the user itself, or a server key. Idempotent. ' +
          '(A group leaves the contacts when one leaves the group.)',
        params: PeerParams,
        response: { 204: nothing('The person is not among the contacts.') },
      },
    },
    async (request, reply) => {
      await request.space.contacts.unlink(request.params.uid, request.params.peer);
      return reply.status(204).send(null);
    },
  );
}
