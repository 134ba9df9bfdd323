import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { answer, responses } from '../../http/openapi/responses.ts';
import type { Space } from '../../http/space.ts';
import { checkDemoIsOn, checkDemoSecret, type DemoAccess, uidOfName } from './demo-login.ts';
import { Demo, DemoLogin, DemoLoginInput } from './schemas.ts';

const TTL_S = 30 * 86_400;

/** Signing in with a mere name, for the chat page and for trying things out: in the default space alone. */
export function demoRoutes(
  app: App,
  { space: { users, tokens, revocations }, demo }: { space: Space; demo: DemoAccess },
): void {
  app.get(
    '/v1/demo',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getDemo',
        tags: ['demo'],
        summary: 'Does a demo login work here?',
        description: 'Public. Whether `POST /v1/demo/login` is on, and whether it needs the secret of the link.',
        response: responses({ 200: answer(Demo, 'Whether it does.') }),
      },
    },
    async () => ({ login: demo.allowed !== 'nobody', needsSecret: demo.allowed === 'holders of the secret' }),
  );

  app.post(
    '/v1/demo/login',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'demoLogin',
        tags: ['demo'],
        summary: 'Sign in with a mere name',
        description:
          'Makes a user of this name if there is none, with the name as its field `name`, and a token for it that is good ' +
          'for 30 days. A user that exists is left as it is. Public, and on only where `DEMO_LOGIN` lets it: by default ' +
          'where nothing is set up for others, and for those who have the secret that the service prints in a link when ' +
          'it starts. Safe to repeat.',
        body: ref(DemoLoginInput),
        response: responses(
          { 201: answer(DemoLogin, 'The user and the token.') },
          'demo_login_off',
          'demo_secret_needed',
        ),
      },
      // Before the body is read, and before it is validated: strangers cost nothing.
      onRequest: async () => checkDemoIsOn(demo),
      preValidation: async (request) => checkDemoSecret(request.body, demo),
    },
    async (request, reply) => {
      const name = request.body.name.trim();
      const uid = uidOfName(name);
      await users.ensure(uid, { name });
      const { credential, expiresAt } = await tokens.issueToken(uid, TTL_S, revocations.notBefore(uid));
      return reply.status(201).send({ uid, token: credential, expiresAt });
    },
  );
}
