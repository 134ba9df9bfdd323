import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { newSecret, signedHeaders } from '../../../src/features/webhooks/signing.ts';
import { findPython } from '../../functions/python.ts';

/** What the libraries of Standard Webhooks take. */

const BODY = JSON.stringify({
  type: 'message.created',
  timestamp: '2025-11-23T12:18:31.455Z',
  data: { text: 'Grüezi 👋' },
});

test('the example of the specification has the signature that it gives', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', [secret], 1_614_265_330_999);
  assert.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the library for JavaScript takes what either of two secrets signs, and nothing that was changed', () => {
  const [one, other] = [newSecret(), newSecret()];
  const headers = signedHeaders('1763900000123-17', BODY, [one, other], Date.now());
  for (const secret of [one, other]) assert.deepEqual(new Webhook(secret).verify(BODY, headers), JSON.parse(BODY));
  assert.throws(() => new Webhook(one).verify(BODY, { ...headers, 'webhook-id': '1763900000123-18' }));
  assert.throws(() => new Webhook(newSecret()).verify(BODY, headers));
});

const found = findPython('standardwebhooks==1.1.0');

test('the library for Python takes it, too', { skip: 'missing' in found && `there is no ${found.missing}` }, () => {
  const secret = newSecret();
  const headers = signedHeaders('1763900000123-17', BODY, [secret], Date.now());
  const script = `import json, sys
from standardwebhooks import Webhook
secret, body, headers = json.load(sys.stdin)
print(json.dumps(Webhook(secret).verify(body, headers)))
try:
    Webhook(secret).verify(body + ' ', headers)
except Exception as error:
    print(type(error).__name__)`;
  const input = JSON.stringify([secret, BODY, headers]);
  const [verified, refused] = execFileSync((found as { python: string }).python, ['-c', script], { input })
    .toString()
    .split('\n');
  assert.deepEqual(JSON.parse(verified!), JSON.parse(BODY));
  assert.equal(refused, 'WebhookVerificationError');
});
