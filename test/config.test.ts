import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketNameOf, isBucketPrefix } from '../src/process/buckets/name.ts';
import { readConfig, SECRETS, usesS3 } from '../src/process/setup/config.ts';
import { dataFolder } from '../src/process/setup/deps.ts';
import { createIds } from '../src/words/ids.ts';

const NUMBERS = ['PORT', 'RATE_LIMIT_PER_MINUTE', 'SHUTDOWN_SECONDS', 'SHUTDOWN_DELAY_SECONDS', 'HEALTH_CHECK_SECONDS'];

test('a number that is none is told with its key, what is expected and what was given', () => {
  expect(() => readConfig({ PORT: 'abc' })).toThrow("PORT: expected a whole number from 0 to 65535, got 'abc'");
  const junk = fc.oneof(
    fc.constantFrom('-1', '1.5', '1e3', '0x10', 'Infinity', 'NaN', '9'.repeat(30), ' '),
    fc.string({ minLength: 1, maxLength: 60 }).filter((text) => !/^\s*\d+\s*$/.test(text)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...NUMBERS), junk, (key, value) => {
      expect(() => readConfig({ [key]: value })).toThrow(`${key}: expected a whole number `);
      expect(() => readConfig({ [key]: value })).toThrow(`, got '${value.slice(0, 40)}`);
    }),
  );
  expect(() => readConfig({ PORT: '65536' })).toThrow("from 0 to 65535, got '65536'");
  expect(readConfig({ PORT: '0', SHUTDOWN_SECONDS: '3' })).toMatchObject({ PORT: 0, SHUTDOWN_SECONDS: 3 });
});

test('a word that is none of the allowed ones is told with them, and a connection string is never shown', () => {
  expect(() => readConfig({ DEMO: 'maybe' })).toThrow("DEMO: expected true or false, got 'maybe'");
  expect(() => readConfig({ LOG_LEVEL: 'loud' })).toThrow(/^LOG_LEVEL: expected one of fatal, .*, got 'loud'$/);
  expect(() => readConfig({ MONGODB_URI: 'mongo://me:s3cret@host' })).toThrow(/^MONGODB_URI: expected (?!.*s3cret)/);
});

test('a data folder that is a file, or cannot be written to, is refused by its key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-folder-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => dataFolder(file)).toThrow(/^DATA_DIR: cannot make /);
  chmodSync(folder, 0o555);
  // Root may write everywhere: whoever the child is, it is not root.
  const script = `import { dataFolder } from ${JSON.stringify(join(import.meta.dirname, '../src/process/setup/deps.ts'))};
    process.setuid?.(process.getuid() === 0 ? 65534 : process.getuid());
    try { dataFolder(${JSON.stringify(folder)}) } catch (error) { process.stdout.write(error.message) }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stdout).toMatch(/^DATA_DIR: cannot write to /);
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true });
});

test('a host that nothing could listen on is refused by its key; addresses and names are taken', () => {
  const taken = ['127.0.0.1', '::1', '::', 'fe80::1%lo', '0.0.0.0', 'localhost', 'switchyard_1', 'a.b-c.example.'];
  for (const HOST of taken) expect(readConfig({ HOST })).toMatchObject({ HOST });
  const junk = fc.constantFrom(' ', '[::1]', 'http://127.0.0.1', '127.0.0.1:80', 'a b', '-a', 'a/b', 'höst', ' ::1');
  fc.assert(
    fc.property(junk, (HOST) => {
      expect(() => readConfig({ HOST })).toThrow(/^HOST: expected an address or a name such as .*, got '/);
    }),
  );
  expect(() => readConfig({ DATA_DIR: ' ' })).toThrow('DATA_DIR: expected a folder');
});

test('a secret in a file that is still empty is refused: without it a start would take another store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-secrets-'));
  const file = join(folder, 'secret');
  const read = (content: string, name: string, more: Record<string, string> = {}) => {
    writeFileSync(file, content);
    return readConfig({ ...more, [`${name}_FILE`]: file });
  };
  for (const name of SECRETS)
    for (const content of ['', '\n', '\r\n\r\n'])
      expect(() => read(content, name)).toThrow(`${name}_FILE: ${file} is empty`);
  expect(read('mongodb://h/x\r\n\n', 'MONGODB_URI')).toMatchObject({ MONGODB_URI: 'mongodb://h/x' });
  rmSync(folder, { recursive: true });
});

test('the public address is kept as a header can hold it, whatever letters it was given in', () => {
  const read = (PUBLIC_URL: string) => readConfig({ PUBLIC_URL }).PUBLIC_URL;
  expect(read('https://bücher.example/über uns/日本//')).toBe(
    'https://xn--bcher-kva.example/%C3%BCber%20uns/%E6%97%A5%E6%9C%AC',
  );
  expect(read('https://example.com')).toBe('https://example.com');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
      const given = `https://example.com/${text.replace(/[?#]/g, '')}`;
      expect(read(given)).toMatch(/^[!-~]+$/);
    }),
    { numRuns: 50, examples: [['é'], ['a\r\nb'], ['日本']] },
  );
});

test('seconds are bounded by what a timer can count', () => {
  const keys = ['SHUTDOWN_SECONDS', 'SHUTDOWN_DELAY_SECONDS', 'HEALTH_CHECK_SECONDS'];
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.integer({ min: 604_801, max: Number.MAX_SAFE_INTEGER }), (key, value) => {
      expect(() => readConfig({ [key]: String(value) })).toThrow(`${key}: expected a whole number from `);
    }),
  );
});

test('an origin that no browser sends is refused by its key; those that browsers send are taken', () => {
  const sent = ['*', 'null', 'https://a.example', 'http://localhost:3000', 'https://xn--bcher-kva.example:8443'];
  fc.assert(
    fc.property(fc.subarray([...sent, 'capacitor://localhost', 'chrome-extension://abcdef']), (origins) => {
      const CORS_ORIGINS = origins.join(' , ');
      expect(readConfig({ CORS_ORIGINS })).toMatchObject({ CORS_ORIGINS });
    }),
  );
  const origin = fc.webUrl({ withQueryParameters: false, withFragments: false }).map((url) => new URL(url).origin);
  const spoiled = fc
    .constantFrom('/', '/path', '?a=b', '#a', ' other')
    .chain((end) => origin.map((text) => text + end));
  const bare = fc.constantFrom('not an origin', 'a.example', 'https://', 'https://a.example:443', 'https://A.example');
  fc.assert(
    fc.property(fc.oneof(spoiled, bare), (text) => {
      expect(() => readConfig({ CORS_ORIGINS: `https://a.example,${text}` })).toThrow(/^CORS_ORIGINS: expected \* or /);
    }),
  );
});

test('buckets on S3: what is given wrongly or by half stops the start, without what could be a secret', () => {
  const S3_ENDPOINT = 'http://127.0.0.1:9000';
  const keys = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 's3cret' };
  expect(readConfig({ S3_ENDPOINT, ...keys })).toMatchObject({ S3_ENDPOINT, S3_BUCKET_PREFIX: 'switchyard-' });
  expect(usesS3(readConfig({ S3_REGION: 'eu-central-1' }))).toBe(true);
  expect(usesS3(readConfig({}))).toBe(false);
  for (const text of [
    'ftp://host',
    'host:9000',
    'http://me:s3cret@host',
    'http://host?s3cret',
    'http://host#s3cret',
    'http://',
  ])
    expect(() => readConfig({ S3_ENDPOINT: text })).toThrow(/^S3_ENDPOINT: expected an address (?!.*s3cret)/);
  expect(() => readConfig({ S3_REGION: 'eu central' })).toThrow(
    "S3_REGION: expected a region such as eu-central-1, got 'eu central'",
  );
  for (const text of ['Acme-', '-acme', 'a.b-', 'a_b', 'xn--', 'x'.repeat(35)])
    expect(() => readConfig({ S3_BUCKET_PREFIX: text })).toThrow(
      'S3_BUCKET_PREFIX: expected up to 34 lower-case letters',
    );
  expect(() => readConfig({ S3_ENDPOINT, S3_ACCESS_KEY_ID: 'id' })).toThrow(
    'S3_SECRET_ACCESS_KEY: expected beside S3_ACCESS_KEY_ID',
  );
  expect(() => readConfig({ S3_ENDPOINT, S3_SECRET_ACCESS_KEY: 's3cret' })).toThrow(/^S3_ACCESS_KEY_ID: (?!.*s3cret)/);
  expect(() => readConfig(keys)).toThrow('S3_ACCESS_KEY_ID: expected S3_ENDPOINT or S3_REGION beside it');
});

test('every prefix that is taken makes a name that S3 takes', () => {
  const prefix = fc.stringMatching(/^[a-zA-Z0-9.-]{1,40}$/);
  const { next } = createIds(Date.now);
  fc.assert(
    fc.property(prefix, (text) => {
      if (!isBucketPrefix(text)) return;
      const name = bucketNameOf(next('ws_'), text);
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
      expect(name).not.toMatch(/^xn--/);
    }),
    { numRuns: 500 },
  );
});
