import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  GraphQLError as GraphQLFault,
  type GraphQLSchema,
  getOperationAST,
  NoFragmentCyclesRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Context } from '../resource/context.ts';
import type { MaybePromise } from '../store/store.ts';
import { withCode } from './errors.ts';
import { type Executable, prepareOperation } from './execution/execute.ts';
import { ERRORS_MAX } from './execution/variables.ts';
import { documentErrors, LIMITS, pageProductErrors } from './limits.ts';
import { isNestedBeyond } from './nesting.ts';

/** A document that passed parsing, limits and validation, or the errors that say why not. */
export interface Operation {
  document: DocumentNode;
  errors: readonly GraphQLError[];
  executables: Map<OperationDefinitionNode, Executable>;
}

/** How much query text is remembered: a document takes some twenty times its text in memory. */
const CACHED_CHARACTERS_MAX = 2_000_000;
/** A longer document is parsed each time: it would push out a hundred that come again. */
const CACHEABLE_CHARACTERS_MAX = 20_000;

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
    const refused = (errors: readonly GraphQLError[]) => ({ document: EMPTY, errors, executables: new Map() });
    const unread = (error: GraphQLError) => refused([withCode(error, 'GRAPHQL_PARSE_FAILED')]);
    if (query.length > LIMITS.queryCharacters)
      return unread(new GraphQLFault(`The document is longer than ${LIMITS.queryCharacters} characters.`));
    let document: DocumentNode;
    try {
      if (isNestedBeyond(query, LIMITS.nesting, LIMITS.tokens))
        return unread(new GraphQLFault(`The document nests deeper than ${LIMITS.nesting} brackets.`));
      document = parse(query, { maxTokens: LIMITS.tokens });
    } catch (error) {
      return unread(error as GraphQLError);
    }
    // Whatever follows fragments from here on comes to an end.
    let errors = this.#validate(document, [NoFragmentCyclesRule]);
    if (errors.length === 0) errors = documentErrors(document);
    if (errors.length === 0) errors = this.#validate(document, specifiedRules);
    if (errors.length > 0) return refused(refusedBy(errors).errors);
    return { document, errors: [], executables: new Map() };
  }

  #validate(document: DocumentNode, rules: readonly ValidationRule[]): readonly GraphQLError[] {
    return validate(this.#schema, document, rules, { maxErrors: ERRORS_MAX });
  }

  /** Chooses the operation and coerces the variables, once for all that comes after. */
  select(
    { document, executables }: Operation,
    operationName: string | null | undefined,
    given: Record<string, unknown>,
  ): Selected | { errors: readonly GraphQLError[] } {
    const node = getOperationAST(document, operationName);
    if (!node) return refusedBy([unknownOperation(operationName)]);
    if (!this.#schema.getRootType(node.operation))
      return refusedBy([new GraphQLFault(`There are no ${node.operation}s in this graph.`)]);
    const executable = executables.get(node) ?? prepareOperation(this.#schema, document, node);
    executables.set(node, executable);
    const { coerced, errors } = executable.coerce(given);
    if (!coerced) return refusedBy(errors);
    const tooMany = pageProductErrors(document, node, coerced);
    if (tooMany.length > 0) return refusedBy(tooMany);
    return { executable, variables: coerced };
  }

  run({ executable, variables }: Selected, context: Context): MaybePromise<ExecutionResult> {
    return executable.execute(context, variables);
  }
}

/** An operation that may run, with its variables coerced. */
export interface Selected {
  executable: Executable;
  variables: Record<string, unknown>;
}

function refusedBy(errors: readonly GraphQLError[]): { errors: readonly GraphQLError[] } {
  return { errors: errors.slice(0, ERRORS_MAX).map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) };
}

function unknownOperation(name: string | null | undefined): GraphQLError {
  return new GraphQLFault(name ? `There is no operation named ${JSON.stringify(name)}.` : 'Name the operation to run.');
}

const EMPTY = parse('{ __typename }');
