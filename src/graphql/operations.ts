import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  GraphQLError as GraphQLFault,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Context } from '../context.ts';
import type { MaybePromise } from '../store/store.ts';
import { withCode } from './errors.ts';
import { documentErrors, LIMITS, pageProductErrors } from './limits.ts';

/** A document that passed parsing, limits and validation; compiled once it is asked for again and again. */
export interface Operation {
  document: DocumentNode;
  errors: readonly GraphQLError[];
  /** By operation name. */
  runs: Map<string, { hits: number; compiled: CompiledQuery | null }>;
}

/** How much query text is remembered: a document takes some twenty times its text in memory. */
const CACHED_CHARACTERS_MAX = 2_000_000;
/** A longer document is parsed each time: it would push out a hundred that come again. */
const CACHEABLE_CHARACTERS_MAX = 20_000;
/** Compiling costs milliseconds: only what comes back is worth it. */
const HITS_BEFORE_COMPILE = 3;

export class Operations {
  readonly #schema: GraphQLSchema;
  readonly #cache = new Map<string, Operation>();
  #characters = 0;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Parses and validates, or remembers; errors carry their code. */
  prepare(query: string): Operation {
    const known = this.#cache.get(query);
    if (known) return known;
    const operation = this.#prepare(query);
    if (query.length <= CACHEABLE_CHARACTERS_MAX) this.#remember(query, operation);
    return operation;
  }

  #remember(query: string, operation: Operation): void {
    this.#cache.set(query, operation);
    this.#characters += query.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#characters <= CACHED_CHARACTERS_MAX) return;
      this.#cache.delete(oldest);
      this.#characters -= oldest.length;
    }
  }

  #prepare(query: string): Operation {
    const refused = (errors: readonly GraphQLError[]): Operation => ({ document: EMPTY, errors, runs: new Map() });
    if (query.length > LIMITS.queryCharacters)
      return refused([
        withCode(
          new GraphQLFault(`The document is longer than ${LIMITS.queryCharacters} characters.`),
          'GRAPHQL_PARSE_FAILED',
        ),
      ]);
    let document: DocumentNode;
    try {
      document = parse(query, { maxTokens: 10_000 });
    } catch (error) {
      return refused([withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')]);
    }
    const tooLarge = documentErrors(document);
    const errors = tooLarge.length > 0 ? tooLarge : validate(this.#schema, document, specifiedRules, { maxErrors: 20 });
    if (errors.length > 0) return refused(errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')));
    return { document, errors: [], runs: new Map() };
  }

  /** Chooses the operation and checks the variables; null variables errors mean it may run. */
  select(
    operation: Operation,
    operationName: string | null | undefined,
    variables: Record<string, unknown>,
  ): Selected | { errors: readonly GraphQLError[] } {
    const node = getOperationAST(operation.document, operationName);
    const refused = (errors: readonly GraphQLError[]) => ({
      errors: errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')),
    });
    if (!node)
      return refused([
        new GraphQLFault(
          operationName
            ? `There is no operation named ${JSON.stringify(operationName)}.`
            : 'Name the operation to run.',
        ),
      ]);
    if (!this.#schema.getRootType(node.operation))
      return refused([new GraphQLFault(`There are no ${node.operation}s in this graph.`)]);
    const coerced = getVariableValues(this.#schema, node.variableDefinitions ?? [], variables, { maxErrors: 20 });
    if (coerced.errors) return refused(coerced.errors);
    const tooMany = pageProductErrors(operation.document, node, coerced.coerced);
    if (tooMany.length > 0) return refused(tooMany);
    return { node, variables };
  }

  /** Runs a selected operation: compiled when hot, by graphql-js until then. */
  run(operation: Operation, { node, variables }: Selected, context: Context): MaybePromise<ExecutionResult> {
    const name = node.name?.value ?? '';
    const run = operation.runs.get(name) ?? { hits: 0, compiled: null };
    operation.runs.set(name, run);
    run.hits += 1;
    if (!run.compiled && run.hits > HITS_BEFORE_COMPILE)
      run.compiled = compileOperation(this.#schema, operation.document, name);
    if (run.compiled) return run.compiled.query({}, context, variables);
    return execute({
      schema: this.#schema,
      document: operation.document,
      rootValue: {},
      contextValue: context,
      variableValues: variables,
      operationName: name || undefined,
    }) as MaybePromise<ExecutionResult>;
  }
}

export interface Selected {
  node: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

const EMPTY = parse('{ __typename }');

/** Compiles with graphql-jit; a document that it cannot compile is a fault of ours, since validation passed. */
export function compileOperation(schema: GraphQLSchema, document: DocumentNode, operationName?: string): CompiledQuery {
  const compiled = compileQuery(schema, document, operationName || undefined, {
    disablingCapturingStackErrors: true,
    customJSONSerializer: false,
  });
  if (!isCompiledQuery(compiled)) throw new Error(`an operation does not compile: ${JSON.stringify(compiled.errors)}`);
  return compiled;
}
