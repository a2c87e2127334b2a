import fc from 'fast-check';
import { buildSchema, execute, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { prepareOperation } from '../../src/graphql/execution/execute.ts';
import { jsonText } from '../../src/words/json-text.ts';

const schema = buildSchema(
  'type Query { all: [Thing], one: Thing } type Thing { a: String b: Int! c: Boolean d: [String!] one: Thing must: Thing! }',
);

interface Tree {
  value: Record<string, unknown>;
  isFrozen: boolean;
}

/** Things with what is right, wrong and missing in them, some of which never change. */
const trees = fc.letrec<{ thing: unknown }>((tie) => ({
  thing: fc
    .record<Tree>({
      value: fc.record({
        a: fc.constantFrom('x', 'é', null, undefined, 7, {}),
        b: fc.constantFrom(1, 2, 3, null, 'x', 2 ** 40),
        c: fc.constantFrom(true, false, null),
        d: fc.constantFrom(['x'], [], ['x', null], null, 'x'),
        one: fc.oneof({ maxDepth: 2 }, fc.constantFrom(null, 'odd', 7), tie('thing')),
        must: fc.oneof({ maxDepth: 2 }, fc.constantFrom('later', 'odd', null), tie('thing'), tie('thing')),
      }),
      isFrozen: fc.boolean(),
    })
    .map(thing),
})).thing;

function thing({ value, isFrozen }: Tree): object {
  const made: Record<string, unknown> = { ...value, must: special(value.must), one: special(value.one) };
  const isFixed = isFrozen && [made.one, made.must].every((inner) => Object.isFrozen(inner));
  if (isFixed && made.d) Object.freeze(made.d);
  return isFixed ? Object.freeze(made) : made;
}

/** A mistake and a promise too may be what never changes, and look like a thing. */
function special(value: unknown): unknown {
  if (value !== 'odd' && value !== 'later') return value;
  return Object.freeze(
    Object.assign(value === 'odd' ? new Error('odd') : Promise.resolve(WHOLE), WHOLE, { a: 'other' }),
  );
}

const WHOLE: Record<string, unknown> = { a: 'x', b: 1, c: true, d: null, one: null };
WHOLE.must = WHOLE;

const selections = fc.letrec<{ set: string }>((tie) => ({
  set: fc
    .uniqueArray(
      fc.oneof(
        { maxDepth: 2 },
        fc.constantFrom('a', 'b', 'c', 'd', '__typename', 'again: a'),
        tie('set').map((set) => `one ${set}`),
        tie('set').map((set) => `must ${set}`),
        tie('set').map((set) => `other: must ${set}`),
      ),
      { minLength: 1, maxLength: 6, selector: (field) => field.split(' {')[0] },
    )
    .map((fields) => `{ ${fields.join(' ')} }`),
})).set;

test('what never changes is answered as graphql-js does, however often it is asked for, one in another too', async () => {
  const asked = fc.record({ all: fc.array(trees, { maxLength: 4 }), one: trees, set: selections });
  await fc.assert(
    fc.asyncProperty(asked, async ({ set, ...rootValue }) => {
      const document = parse(`{ all ${set} one ${set} }`);
      const [node] = document.definitions as [OperationDefinitionNode];
      const ours = prepareOperation(schema, document, node);
      const { data, errors } = await execute({ schema, document, rootValue });
      for (let times = 0; times < 3; times += 1) {
        const answer = await ours.execute({}, {}, rootValue);
        expect(jsonText(answer.data)).toBe(JSON.stringify(data));
        // Which of several errors on one way up are told is a matter of turns, where there are promises.
        expect(answer.errors === undefined).toBe(errors === undefined);
      }
    }),
    { numRuns: Number(process.env.SWITCHYARD_ROUNDS ?? 400) },
  );
});
