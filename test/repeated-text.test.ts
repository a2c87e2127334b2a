import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { walk } from '../src/validation/walk.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { seed } from './seed.ts';

const MEGABYTE = 1_048_576;

const schema = z.object({ short: z.array(z.string().max(10)).optional(), free: z.unknown().optional() });
const check = (input: unknown) => walk(schema, input, ['body'], { naming: 'snake' });

/** How often the work looks through the text, by any of the ways that there are. */
function countLooks(text: string, work: () => unknown): number {
  const spies = [
    vi.spyOn(String.prototype, 'isWellFormed'),
    vi.spyOn(String.prototype, 'includes'),
    vi.spyOn(String.prototype, Symbol.iterator),
  ];
  try {
    work();
    return spies.flatMap((spy) => spy.mock.contexts).filter((at) => String(at) === text).length;
  } finally {
    vi.restoreAllMocks();
  }
}

describe('a long text that stands at many places', () => {
  const texts = { letters: 'a'.repeat(MEGABYTE), pairs: '😀'.repeat(MEGABYTE), nul: `${'a'.repeat(MEGABYTE)}\0` };
  for (const [kind, text] of Object.entries(texts))
    test.each(['short', 'free'])(`is looked through once: ${kind} in %s`, (field) => {
      expect(countLooks(text, () => check({ [field]: Array(500).fill(text) }))).toBeLessThan(5);
    });

  test('is told at each of them, and repeated as long as that takes 4 MiB', () => {
    const { issues } = check({ short: Array(50).fill(texts.letters) });
    expect(issues.map(({ type, loc }) => [type, loc])).toEqual(
      Array.from({ length: 50 }, (_, at) => ['string_too_long', ['body', 'short', at]]),
    );
    expect(issues.map(({ input }) => (input as string | null)?.length)).toEqual([
      ...Array(3).fill(MEGABYTE),
      ...Array(47).fill(undefined),
    ]);
  });
});

describeEngines('a document that uses one text again and again', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  test('is refused in an answer that can be read', async () => {
    const { namespaceId } = await seed(tenant);
    const tags = Array(4_000).fill('$text').join(' ');
    const query = `mutation($text: String!) { updateNamespace(input: {namespaceId: "${namespaceId}", tags: [${tags}]}) { namespace { id } } }`;
    const { body } = await tenant.rest('POST', '/graphql', { query, variables: { text: `${'a'.repeat(700_000)}\0` } });
    const { detail } = body.errors[0].extensions.details;
    expect(detail).toHaveLength(1_000);
    expect(detail[999]).toMatchObject({ loc: ['input', 'tags', 999], input: null });
    expect(JSON.stringify(body).length).toBeLessThan(5 * MEGABYTE);
  });

  test('is told of by a hundred fields in an answer that repeats it as long as that takes 4 MiB', async () => {
    const text = 'a'.repeat(900_000);
    const workspaces = 'workspace(workspaceId: $text) { name }';
    const documents: Record<string, string[]> = {
      RESOURCE_NOT_FOUND: [workspaces, 'apps(workspaceId: $text) { totalCount }', 'job(jobId: $text) { status }'],
      VALIDATION_FAILED: ['roles(after: $text) { totalCount }', 'events(types: [$text]) { __typename }'],
    };
    for (const [code, fields] of Object.entries(documents)) {
      const aliased = Array.from({ length: 100 }, (_, at) => `a${at}: ${fields[at % fields.length]}`);
      const type = code === 'RESOURCE_NOT_FOUND' ? 'ID' : 'String';
      const answer = await tenant.graphql(`query($text: ${type}!) { ${aliased.join(' ')} }`, { text });
      const { errors } = answer.body;
      expect(new Set(errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code))).toEqual(
        new Set([code]),
      );
      expect(errors).toHaveLength(100);
      expect(answer.text).toContain(text);
      expect(answer.text.length).toBeLessThan(5 * MEGABYTE);
    }
    const absent = await tenant.graphql('query($text: ID!) { job(jobId: $text) { status } }', { text });
    expect(absent.body.errors[0].extensions.details.resource_id).toBe(text);
    const decide = 'decide(input: { workspaceId: $text }) { decision { id } }';
    const decides = Array.from({ length: 100 }, (_, at) => `a${at}: ${decide}`).join(' ');
    const answer = await tenant.graphql(`mutation($text: ID!) { ${decides} }`, { text });
    expect(answer.body.errors).toHaveLength(100);
    expect(answer.text.length).toBeLessThan(5 * MEGABYTE);
  });
});
