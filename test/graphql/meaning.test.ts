import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { type ExecutionResult, execute, type GraphQLSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { inPlace } from '../../src/graphql/execution/in-place.ts';
import { shapeOf } from '../../src/graphql/execution/shape.ts';
import { Operations } from '../../src/graphql/operations.ts';
import type { Context } from '../../src/resource/context.ts';
import { documents, type Made } from './documents.ts';
import { everything } from './everything.ts';
import { type Recording, recordingSchema } from './recording.ts';

/** `MEANING_RUNS=5000 MEANING_SEED=7` for a longer walk. */
const numRuns = Number(process.env.MEANING_RUNS ?? 150);
const seed = process.env.MEANING_SEED === undefined ? undefined : Number(process.env.MEANING_SEED);

/** A call more than any threshold by which a document becomes a hot one. */
const CALLS = 6;

/**
 * A document means what graphql-js makes of it, on every call: what each resolver receives (absent and null apart)
 * and the answer, its errors and the order of its keys included.
 */
describe.each([
  ['the graph', schema],
  ['a schema with all that GraphQL has', everything],
])('%s', (_title, original) => {
  const recording = recordingSchema(original);
  test.each(['query', 'mutation'] as const)('a %s means the same on every call', async (kind) => {
    const property = fc.asyncProperty(documents(recording, { kind }), async (made) => {
      const { result: expected } = await unheard(() => reference(recording, made));
      const operations = new Operations(recording);
      for (let call = 1; call <= CALLS; call += 1)
        expect(await unheard(async () => ({ call, ...(await product(operations, made)) }))).toEqual({
          result: { call, ...expected },
          rejections: 0,
        });
    });
    // The failing document is made smaller only for whoever asks for it by its seed: that takes minutes.
    await fc.assert(property, { numRuns, endOnFailure: seed === undefined, ...(seed === undefined ? {} : { seed }) });
  });
});

/** graphql-js leaves a rejection unheard where two items of a list fail; the product must not: it would end the process. */
async function unheard<T>(run: () => Promise<T>): Promise<{ result: T; rejections: number }> {
  let rejections = 0;
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', () => {
    rejections += 1;
  });
  try {
    const result = await run();
    await setImmediate();
    return { result, rejections };
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
  }
}

async function reference(recording: GraphQLSchema, { query, variables }: Made) {
  const log: Recording = { calls: [] };
  const result = await execute({
    schema: recording,
    document: parse(query),
    rootValue: {},
    contextValue: log,
    variableValues: variables,
    options: { maxCoercionErrors: 5 },
  });
  return shown(log, result);
}

async function product(operations: Operations, { query, variables }: Made) {
  const log: Recording = { calls: [] };
  const operation = await operations.prepare(query);
  const selected = operation.errors.length > 0 ? operation : operations.select(operation, 'Q', variables);
  if ('errors' in selected) return shown(log, { errors: selected.errors });
  return shown(log, await operations.run(selected, log as unknown as Context));
}

/** Text keeps the order of keys; a coercion error's text is what a caller sees of it. graphql-js tells errors as they come. */
function shown(log: Recording, { data, errors }: ExecutionResult) {
  const faults = errors && inPlace(errors, data).map(({ message, path, locations }) => ({ message, path, locations }));
  return { calls: log.calls, data: JSON.stringify(data), errors: faults };
}

test('an object has the keys that it was asked for, and is the same however often its like was made', () => {
  const name = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'then', '_0'),
    fc.stringMatching(/^[_A-Za-z]\w{0,3}$/),
  );
  const property = fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (keys) => {
    const shape = shapeOf(keys, 1);
    const values = keys.map((key, at) => (at % 2 === 0 ? { key } : at));
    for (let made = 0; made < 3; made += 1)
      expect(Object.entries(shape(values))).toEqual(keys.map((key, at) => [key, values[at]]));
  });
  fc.assert(property, { endOnFailure: seed === undefined });
});
