import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantOf } from '../../src/validation/instant.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';

const two = (value: number) => String(value).padStart(2, '0');
const instant = fc
  .record({
    time: fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9998-12-30T00:00:00Z'),
      noInvalidDate: true,
    }),
    minutes: fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }),
    digits: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ time, minutes, digits }) => {
    const local = new Date(time.getTime() + minutes * 60_000).toISOString();
    const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
    const fraction = digits === 0 ? '' : `.${local.slice(20, 23).padEnd(digits, '9').slice(0, digits)}`;
    const kept = digits === 0 ? '000' : time.toISOString().slice(20, 23).slice(0, digits).padEnd(3, '0');
    return { text: `${local.slice(0, 19)}${fraction}${zone}`, stored: `${time.toISOString().slice(0, 20)}${kept}Z` };
  });

/** Texts that look like times and name none: a part out of its range, a day that its month lacks, a part left out. */
const noInstant = [
  ...['2031-02-30', '2031-02-29', '1900-02-29', '2031-04-31', '2031-13-01', '2031-00-10', '2031-01-00', '2031-1-1'].map(
    (date) => `${date}T00:00:00Z`,
  ),
  ...['24:00:00Z', '23:60:00Z', '23:59:60Z', '00:00Z', '00:00:00', '00:00:00.Z', '00:00:00+24:00', '00:00:00+0100'].map(
    (time) => `2031-01-01T${time}`,
  ),
  ...['2031-01-01', '2031-01-01 00:00:00Z', '1924992000', '', ' 2031-01-01T00:00:00Z', '2031-01-01T00:00:00Z\n'],
  // Outside the years 0000 to 9999, of its own or in UTC; and leap seconds, real ones too.
  ...['9999-12-31T23:59:59-00:01', '0000-01-01T00:00:00+00:01', '10000-01-01T00:00:00Z', '-0001-01-01T00:00:00Z'],
  ...['2016-12-31T23:59:60Z', '1990-12-31T15:59:60-08:00', '2031-01-01T00:00:61Z'],
];

test('every real date with seconds and a zone is read, as UTC with milliseconds', () => {
  fc.assert(fc.property(instant, ({ text, stored }) => void expect(instantOf(text)).toBe(stored)));
  expect(instantOf('2031-01-01t00:00:00z')).toBe('2031-01-01T00:00:00.000Z');
  expect(instantOf('2032-02-29T00:00:00Z')).toBe('2032-02-29T00:00:00.000Z');
});

describeEngines('a time that a caller gives', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  test.each(noInstant)('%j is no instant: refused by both doors', async (text) => {
    const made = await tenant.rest('POST', `${tenant.base}/tokens`, { name: 't', role: 'Viewer', expires_at: text });
    expect(made.body.detail).toMatchObject([{ type: 'value_error', loc: ['body', 'expires_at'], input: text }]);
    const since = encodeURIComponent(text);
    const listed = await tenant.rest('GET', `${tenant.base}/audit-events?since=${since}`);
    expect(listed.body.detail).toMatchObject([{ type: 'value_error', loc: ['query', 'since'] }]);
    const literal = await tenant.graphql(`{auditEvents(since:${JSON.stringify(text)}){totalCount}}`);
    const variable = await tenant.graphql('query($at:DateTime){auditEvents(since:$at){totalCount}}', { at: text });
    for (const { body } of [literal, variable])
      expect(body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  /** The ends of the calendar, days that only some years have, zones that turn the year. */
  const edges: [text: string, stored: string][] = [
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['0000-02-29T23:59:59.9999Z', '0000-02-29T23:59:59.999Z'],
    ['0001-01-01T00:00:00+23:59', '0000-12-31T00:01:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T00:00:00-23:59', '9999-12-31T23:59:00.000Z'],
    ['2000-02-29T12:00:00-00:00', '2000-02-29T12:00:00.000Z'],
    ['2031-01-01t00:00:00+01:00', '2030-12-31T23:00:00.000Z'],
    ['1969-12-31T23:59:59.5z', '1969-12-31T23:59:59.500Z'],
  ];
  const readBack = async ({ text, stored }: { text: string; stored: string }) => {
    const made = await tenant.rest('POST', `${tenant.base}/tokens`, { name: 't', role: 'Viewer', expires_at: text });
    expect([text, made.body.expires_at]).toEqual([text, stored]);
    const read = await tenant.rest('GET', `${tenant.base}/tokens/${made.body.token_id}`);
    expect([text, read.body.expires_at]).toEqual([text, stored]);
    const { body } = await tenant.graphql(
      'mutation($input: CreateTokenInput!) { createToken(input: $input) { token { tokenId expiresAt } } }',
      { input: { name: 't', role: 'Viewer', expiresAt: text } },
    );
    expect([text, body.data.createToken.token.expiresAt]).toEqual([text, stored]);
    const again = await tenant.graphql(`{ token(tokenId: "${body.data.createToken.token.tokenId}") { expiresAt } }`);
    expect([text, again.body.data.token.expiresAt]).toEqual([text, stored]);
    const since = await tenant.graphql('query($at: DateTime) { auditEvents(since: $at) { totalCount } }', { at: text });
    expect([text, since.body.errors]).toEqual([text, undefined]);
    const listed = await tenant.rest('GET', `${tenant.base}/audit-events?since=${encodeURIComponent(text)}`);
    expect([text, listed.body.total]).toEqual([text, since.body.data.auditEvents.totalCount]);
  };

  test('that is an instant is read back as UTC with milliseconds, by both doors', async () => {
    for (const [text, stored] of edges) await readBack({ text, stored });
    await fc.assert(fc.asyncProperty(instant, readBack), { numRuns: 15 });
  });
});
