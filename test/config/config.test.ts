import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { ConfigError } from '../../src/config/complaints.ts';
import { loadConfig } from '../../src/config/config.ts';
import { configSchema } from '../../src/config/schema.ts';

const KEY = 'k'.repeat(16);
const SECRET = 's'.repeat(32);

function complaintsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return assert.fail('it was accepted');
}

describe('the settings', () => {
  test('nothing set: the defaults, on loopback only', () => {
    const config = loadConfig({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8888);
    assert.equal(config.dataDir, resolve('data'));
    assert.deepEqual(config.apiKeys, []);
    assert.equal(config.redisUrl, undefined);
    assert.equal(config.trustProxy, false);
    assert.deepEqual(config.corsOrigins, []);
    assert.deepEqual(config.jwtAlgorithms, ['RS256', 'ES256', 'EdDSA']);
  });

  test('the demo login is for who has the secret, and off where anything is set up for others', () => {
    const allowed = (env: Record<string, string>) => loadConfig(env).demoLogin;
    assert.equal(allowed({}), 'holders of the secret');
    for (const HOST of ['localhost', '127.0.0.2', '::1'])
      assert.equal(allowed({ HOST }), 'holders of the secret', HOST);
    for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'chat.example.com', 'localhost.example.com']) {
      assert.equal(allowed({ HOST }), 'nobody', HOST);
    }
    assert.equal(allowed({ API_KEYS: KEY }), 'nobody');
    assert.equal(allowed({ JWT_SECRET: SECRET }), 'nobody');
    const outside = { REDIS_URL: 'redis://redis:6379', API_KEYS: KEY, JWT_SECRET: SECRET };
    assert.equal(allowed(outside), 'nobody');
    assert.equal(allowed({ ...outside, DEMO_LOGIN: 'true', HOST: '0.0.0.0' }), 'everybody');
    assert.equal(allowed({ DEMO_LOGIN: 'false' }), 'nobody');
    const issuer = { JWKS_URL: 'https://id.example/keys', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'chat' };
    assert.equal(allowed(issuer), 'nobody');
    assert.match(complaintsOf({ ...issuer, DEMO_LOGIN: 'true' }).join(), /^DEMO_LOGIN was "true", but JWKS_URL is set/);
    assert.match(complaintsOf({ DEMO_LOGIN: 'yes' }).join(), /DEMO_LOGIN/);
  });

  test('an empty variable counts as not set', () => {
    const empty = Object.fromEntries(Object.keys(configSchema.properties).map((name) => [name, '']));
    assert.deepEqual(loadConfig(empty), loadConfig({}));
  });

  test('lists are split and trimmed', () => {
    const config = loadConfig({
      API_KEYS: `${KEY} , ${KEY}2`,
      CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      TRUST_PROXY: '10.0.0.0/8, ::1, loopback',
    });
    assert.deepEqual(config.apiKeys, [KEY, `${KEY}2`]);
    assert.deepEqual(config.corsOrigins, ['https://a.example', 'http://localhost:3000']);
    assert.deepEqual(config.trustProxy, ['10.0.0.0/8', '::1', 'loopback']);
    assert.equal(loadConfig({ TRUST_PROXY: 'true' }).trustProxy, true);
  });

  test('every one has a description, a default, and says what is allowed', () => {
    for (const [name, property] of Object.entries(configSchema.properties)) {
      const { description, allowed, minimum } = property as {
        description?: string;
        allowed?: string;
        minimum?: number;
      };
      assert.ok(description, name);
      assert.ok('default' in property, name);
      assert.ok(allowed || minimum !== undefined, name);
    }
  });

  test('come from .env too, and the environment goes first', () => {
    const folder = mkdtempSync(join(tmpdir(), 'redisim-config-'));
    const before = process.cwd();
    writeFileSync(join(folder, '.env'), 'PORT=1234\nKEY_PREFIX=a:\n');
    process.chdir(folder);
    process.env.KEY_PREFIX = 'b:';
    try {
      const config = loadConfig();
      assert.equal(config.port, 1234);
      assert.equal(config.keyPrefix, 'b:');
    } finally {
      delete process.env.KEY_PREFIX;
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a wrong setting', () => {
  const wrong: [name: string, value: string, allowed: RegExp][] = [
    ['HOST', 'a b', /a host name or an IP address/],
    ['PORT', 'abc', /a whole number from 0 to 65535/],
    ['PORT', '65536', /a whole number from 0 to 65535/],
    ['PORT', '1.5', /a whole number/],
    ['JWT_ALGORITHMS', 'HS256', /a comma separated list of RS256/],
    ['JWT_ALGORITHMS', 'none', /a comma separated list of RS256/],
    ['APPENDFSYNC', 'no', /everysec, always$/],
    ['KEY_PREFIX', 'a b', /at most 64 characters of A-Z/],
    ['KEY_PREFIX', 'x'.repeat(65), /at most 64 characters of A-Z/],
    ['LOG_LEVEL', 'loud', /trace, debug, info, warn, error, fatal, silent$/],
    ['INBOX_MAX', '9', /from 10 to/],
    ['FEED_MAX', '99', /from 100 to/],
    ['IDEMPOTENCY_TTL', '999', /from 1000 to/],
    ['GROUP_MAX', '10001', /from 1 to 10000$/],
    ['RATE_LIMIT', '-1', /from 0 to/],
    ['CORS_ORIGINS', 'https://a.example/path', /origins like/],
    ['TRUST_PROXY', '10.0.0.0/33', /addresses and networks like/],
    ['TRUST_PROXY', 'yes', /^TRUST_PROXY was "yes"; allowed: false, true, or/],
    ['JWKS_URL', 'ftp://a.example', /a URL that starts with https/],
  ];
  for (const [name, value, allowed] of wrong) {
    test(`${name}=${value.slice(0, 30)}`, () => {
      const [complaint, ...others] = complaintsOf({ [name]: value });
      assert.deepEqual(others, []);
      assert.ok(complaint!.startsWith(`${name} was ${JSON.stringify(value)}; allowed: `), complaint);
      assert.match(complaint!, allowed);
    });
  }

  test('a secret is named and not shown', () => {
    for (const [name, value] of [
      ['API_KEYS', 'tooshort'],
      ['API_KEYS', `${KEY},hunter2`],
      ['JWT_SECRET', 'hunter2'],
      ['REDIS_URL', 'http://me:hunter2@host'],
    ] as const) {
      const complaints = complaintsOf({ API_KEYS: KEY, JWT_SECRET: SECRET, [name]: value });
      assert.match(
        complaints.join(),
        new RegExp(`^${name} was ${value.length} characters long \\(not shown\\); allowed: .{10}`),
      );
      assert.doesNotMatch(complaints.join(), /hunter2|tooshort/);
    }
  });

  test('all that are wrong are told at once', () => {
    const complaints = complaintsOf({ PORT: 'x', LOG_LEVEL: 'y', GROUP_MAX: '0' });
    assert.deepEqual(complaints.map((complaint) => complaint.split(' ')[0]).sort(), ['GROUP_MAX', 'LOG_LEVEL', 'PORT']);
  });
});

describe('what belongs together', () => {
  test('JWT_SECRET is measured in bytes', () => {
    assert.equal(loadConfig({ JWT_SECRET: 'é'.repeat(16) }).jwtSecret.length, 16);
    assert.match(complaintsOf({ JWT_SECRET: 'é'.repeat(15) })[0]!, /at least 32 bytes/);
  });

  test('what is about asking before a message is sent needs somebody to ask', () => {
    const BEFORE_SEND_URL = 'http://127.0.0.1:9/ask';
    const whsec = `whsec_${'a'.repeat(32)}`;
    assert.match(
      complaintsOf({ BEFORE_SEND_SECRET: whsec }).join(),
      /^BEFORE_SEND_SECRET is set, but BEFORE_SEND_URL is not/,
    );
    assert.match(
      complaintsOf({ BEFORE_SEND_FAIL: 'open' }).join(),
      /^BEFORE_SEND_FAIL is set, but BEFORE_SEND_URL is not/,
    );
    const config = loadConfig({ BEFORE_SEND_URL, BEFORE_SEND_SECRET: whsec });
    assert.deepEqual(
      [config.beforeSendUrl, config.beforeSendSecret, config.beforeSendFail],
      [BEFORE_SEND_URL, whsec, 'closed'],
    );
    assert.equal(loadConfig({ BEFORE_SEND_URL, BEFORE_SEND_FAIL: 'open' }).beforeSendFail, 'open');
    for (const url of ['ftp://a.example', 'http://', 'https://me:hunter2@a.example/']) {
      const [complaint] = complaintsOf({ BEFORE_SEND_URL: url });
      assert.match(complaint!, /^BEFORE_SEND_URL was .* characters long .*without user and password$/);
      assert.doesNotMatch(complaint!, /hunter2/);
    }
    assert.match(complaintsOf({ BEFORE_SEND_URL, BEFORE_SEND_SECRET: 'whsec_short' }).join(), /24 to 64 random bytes/);
    const shared = { REDIS_URL: 'redis://h', API_KEYS: KEY, JWT_SECRET: SECRET, BEFORE_SEND_URL };
    assert.match(complaintsOf(shared).join(), /^BEFORE_SEND_SECRET is not set, but BEFORE_SEND_URL and REDIS_URL are/);
    assert.equal(loadConfig({ ...shared, BEFORE_SEND_SECRET: whsec }).beforeSendSecret, whsec);
  });

  test('REDIS_URL needs API_KEYS and JWT_SECRET', () => {
    assert.equal(complaintsOf({ REDIS_URL: 'redis://h' }).length, 2);
    assert.match(
      complaintsOf({ REDIS_URL: 'redis://h', API_KEYS: KEY })[0]!,
      /^JWT_SECRET is not set, but REDIS_URL is/,
    );
    for (const url of ['redis://h', 'rediss://u:p@h:7000/1', 'unix:///run/redis.sock?db=1', 'redis://[::1]:6379']) {
      assert.equal(loadConfig({ REDIS_URL: url, API_KEYS: KEY, JWT_SECRET: SECRET }).redisUrl, url);
    }
    for (const url of ['unix://relative.sock', 'redis://h:99999', 'redis:h']) {
      assert.match(complaintsOf({ REDIS_URL: url, API_KEYS: KEY, JWT_SECRET: SECRET })[0]!, /^REDIS_URL was/);
    }
  });

  test('files are in DATA_DIR, in a folder or a bucket, and nowhere where nodes would have each their own', () => {
    const shared = { REDIS_URL: 'redis://h', API_KEYS: KEY, JWT_SECRET: SECRET };
    assert.deepEqual(loadConfig({ DATA_DIR: '/d' }).files, { kind: 'folder', path: '/d/files' });
    assert.equal(loadConfig({ FILES: 'off' }).files, undefined);
    assert.equal(loadConfig(shared).files, undefined);
    assert.deepEqual(loadConfig({ ...shared, FILES: '/mnt/f' }).files, { kind: 'folder', path: '/mnt/f' });
    const bucket = { kind: 'bucket', bucket: 'b', prefix: '', endpoint: undefined, region: 'us-east-1' };
    assert.deepEqual(loadConfig({ FILES: 's3://b' }).files, bucket);
    const endpoint = 'https://s3.example.com:9000';
    assert.deepEqual(loadConfig({ FILES: `s3://b/im/?endpoint=${endpoint}&region=eu-1` }).files, {
      ...bucket,
      prefix: 'im/',
      endpoint,
      region: 'eu-1',
    });
    for (const wrong of [
      's3://',
      's3:b',
      's3://b?bucket=x',
      's3://b?endpoint=ftp://x',
      's3://me:hunter2@b',
      'https://x',
    ]) {
      const [complaint] = complaintsOf({ FILES: wrong });
      assert.match(complaint!, /^FILES was \d+ characters long \(not shown\); allowed: a path, s3:/, wrong);
    }
    assert.match(complaintsOf({ FILE_MAX: '200', FILE_PENDING_MAX: '100' })[0]!, /^FILE_PENDING_MAX was 100, but/);
  });

  test('JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE', () => {
    assert.equal(complaintsOf({ JWKS_URL: 'https://a.example/jwks' }).length, 2);
    const env = { JWKS_URL: 'https://a.example/jwks', JWT_ISSUER: 'https://a.example', JWT_AUDIENCE: 'chat' };
    assert.equal(loadConfig(env).jwtAudience, 'chat');
  });
});
