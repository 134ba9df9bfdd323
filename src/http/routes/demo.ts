import type { DemoLoginFor } from '../../config.ts';
import { ImError } from '../../errors.ts';
import type { Users } from '../../im/users.ts';
import { mayLogIn, uidOfName } from '../demo-login.ts';
import type { App } from '../fastify.ts';
import { ref } from '../schemas/component.ts';
import { Demo, DemoLogin, DemoLoginInput } from '../schemas/demo.ts';
import { answer, responses } from '../schemas/responses.ts';
import type { Tokens } from '../tokens.ts';

const TTL_S = 30 * 86_400;

const HOW =
  'It works on the machine of the service alone, under a name such as http://127.0.0.1:8888, with its own Redis and tokens. ' +
  'DEMO_LOGIN=true turns it on for everybody, who can then be whoever they like.';

/** Signing in with a mere name, for the chat page and for trying things out. */
export function demoRoutes(app: App, deps: { users: Users; tokens: Tokens; allowed: DemoLoginFor }): void {
  const { users, tokens, allowed } = deps;

  app.get(
    '/v1/demo',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getDemo',
        tags: ['demo'],
        summary: 'Does a demo login work here?',
        description: 'Public. Whether `POST /v1/demo/login` would work for a request that comes as this one does.',
        response: responses({ 200: answer(Demo, 'Whether it does.') }),
      },
    },
    async (request) => ({ login: mayLogIn(request, allowed) }),
  );

  app.post(
    '/v1/demo/login',
    {
      config: { access: 'public' },
      // Before the body is read: who may not come here is not worth the work.
      onRequest: (request, _reply, done) => {
        done(mayLogIn(request, allowed) ? undefined : new ImError('demo_login_off', HOW));
      },
      schema: {
        operationId: 'demoLogin',
        tags: ['demo'],
        summary: 'Sign in with a mere name',
        description:
          'Makes a user of this name if there is none, with the name as its field `name`, and a token for it that is good ' +
          'for 30 days. A user that exists is left as it is. Public, and on only where `DEMO_LOGIN` lets it; by default ' +
          'for clients on the machine of the service, as long as it is not set up for anything else. Safe to repeat.',
        body: ref(DemoLoginInput),
        response: responses({ 201: answer(DemoLogin, 'The user and the token.') }, 'demo_login_off'),
      },
    },
    async (request, reply) => {
      const name = request.body.name.trim();
      const uid = uidOfName(name);
      await users.ensure(uid, { name });
      const { credential, expiresAt } = await tokens.issueToken(uid, TTL_S);
      return reply.status(201).send({ uid, token: credential, expiresAt });
    },
  );
}
