import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import { inputSchema } from '../../src/rest/openapi/json-schema.ts';
import { type Shape, shapeOf } from '../../src/validation/shape.ts';
import { snake } from '../../src/words/naming.ts';

/** Every single value and list that a body or a query can have, with its place. */
function* valuesIn(shape: Shape, at: string): Generator<[string, Shape]> {
  if (shape.kind === 'string' || shape.kind === 'list') yield [at, shape];
  if (shape.kind === 'list') yield* valuesIn(shape.item, `${at}[]`);
  if (shape.kind === 'map') yield* valuesIn(shape.item, `${at}{}`);
  if (shape.kind !== 'object') return;
  for (const [name, field] of Object.entries(shape.fields)) yield* valuesIn(field, `${at}.${snake(name)}`);
}

const ruled = rows
  .flatMap(({ operationId, body, query }) =>
    [body, query].flatMap((one) => (one ? [...valuesIn(shapeOf(one), operationId)] : [])),
  )
  .filter(([, { hasRules, isName }]) => hasRules && !isName)
  .map(([at, shape]) => ({ at, shape, json: inputSchema(shape, 'Value') }));

const instants = fc
  .tuple(fc.date({ noInvalidDate: true, min: new Date('0000-01-02'), max: new Date('9999-12-30') }), fc.string())
  .map(([date, digits]) => date.toISOString().replace(/\.\d+/, digits.replace(/\D/g, '').replace(/^(?=\d)/, '.')))
  .chain((text) => fc.constantFrom(text, text.toLowerCase(), text.replace('Z', '+23:59'), text.replace('Z', '-00:00')));
const hosts = fc.constantFrom('x.y', 'exämple.com/ä?q=1#f', '127.0.0.1:1/[x]', 'u:p@h', 'h h', '[::1]', '');
const addresses = fc.tuple(fc.constantFrom('https://', 'HTTP://', 'hTtPs://', 'ftp://', ' https://'), hosts);
/** Texts around what any rule takes. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 9 }),
  instants,
  addresses.map((parts) => parts.join('')),
  fc.stringMatching(/^[A-Za-z0-9*._:@-]{1,9}(\.\*|:read|:\*|@[a-z.]{1,5})?\n?$/),
  fc.constantFrom('namespace.*', '*', '*:*', 'orgs:*', 'webhooks:manage', 'a@b', 'ä@ö', 'gpt-4o'),
);

describe('what is refused by a rule of its own', () => {
  test('is asked for by the OpenAPI document, where JSON Schema has words for it', () => {
    expect(ruled.map(({ at }) => at)).toEqual(
      expect.arrayContaining(['create_member.email', 'report_work_items.results', 'list_audit_events.since']),
    );
    const words = ['pattern', 'format', 'minItems', 'maxItems'];
    const silent = ruled.filter(({ json }) => !words.some((word) => word in json)).map(({ at }) => at);
    // What looks like a key has no one form.
    expect(silent.filter((at) => !at.endsWith('_provider_account.credentials_ref'))).toEqual([]);
  });

  const single = ruled.filter(({ shape }) => shape.kind === 'string');
  test.each(single)('$at: the document refuses nothing that is taken', ({ shape, json }) => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    expect((json as { pattern?: string }).pattern ?? '').not.toContain('\\/');
    const isTold = ajv.compile(json);
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        if (!shape.schema.safeParse(text).success) return;
        taken += 1;
        expect([text, isTold(text)]).toEqual([text, true]);
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(0);
  });

  const lists = ruled.filter(({ shape }) => shape.kind === 'list');
  test.each(lists)('$at: as many as the document says', ({ shape, json }) => {
    const { minItems: least = 0, maxItems: most } = json as { minItems?: number; maxItems: number };
    const messages = (length: number) =>
      (shape.schema.safeParse(Array.from({ length })).error?.issues ?? []).map(({ code }) => code as string);
    for (const length of [least, most])
      expect(messages(length)).not.toContain(length === least ? 'too_small' : 'too_big');
    if (least > 0) expect(messages(least - 1)).toContain('too_small');
    expect(messages(most + 1)).toContain('too_big');
  });
});
