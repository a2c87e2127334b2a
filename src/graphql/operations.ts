import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  GraphQLError as GraphQLFault,
  type GraphQLSchema,
  getOperationAST,
  NoFragmentCyclesRule,
  type OperationDefinitionNode,
  OverlappingFieldsCanBeMergedRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Context } from '../resource/context.ts';
import type { MaybePromise } from '../store/store.ts';
import { inTurns, type Pace, pace as processPace } from '../words/pace.ts';
import { conditionalRoots } from './conditional-roots.ts';
import { withCode } from './errors.ts';
import { type Executable, prepareOperation } from './execution/execute.ts';
import { ERRORS_MAX } from './execution/variables.ts';
import { definitionErrors, documentErrors, LIMITS, pageProductTest } from './limits.ts';
import { isNestedBeyond } from './nesting.ts';

/** A document that passed parsing, limits and validation, or the errors that say why not. */
export interface Operation {
  document: DocumentNode;
  errors: readonly GraphQLError[];
  prepared: Map<OperationDefinitionNode, Prepared>;
}

interface Prepared {
  executable: Executable;
  pageErrors: ReturnType<typeof pageProductTest>;
}

/** Bytes of documents that are remembered, each with its plan. */
const REMEMBERED_MAX = 50_331_648;
/** What one takes: its tokens, nodes and plan are more than a hundred times its text. */
const bytesOf = (characters: number) => 4_096 + 120 * characters;
/** A longer document is parsed each time: it would push out a hundred that come again. */
const CHARACTERS_MAX = 20_000;
/** Characters of documents that came once so far. */
const ONCE_MAX = 1_000_000;
/** Of a longer document the rules are applied in groups, each in a turn of its own if need be. */
const LONG_CHARACTERS = 5_000;
const RULES_PER_GROUP = 6;
/** Comparing the fields of one place costs as much as all the rest. */
const RULE_GROUPS: readonly (readonly ValidationRule[])[] = [
  [OverlappingFieldsCanBeMergedRule],
  ...chunksOf(
    specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule),
    RULES_PER_GROUP,
  ),
];

export class Operations {
  readonly #schema: GraphQLSchema;
  readonly #remembered = new LRUCache<string, Operation>({
    maxSize: REMEMBERED_MAX,
    maxEntrySize: bytesOf(CHARACTERS_MAX),
    sizeCalculation: (_, query) => bytesOf(query.length),
  });
  /** Who writes values into documents sends each of them once: it is not worth its memory before it comes again. */
  readonly #once = new LRUCache<string, true>({ maxSize: ONCE_MAX, sizeCalculation: (_, query) => query.length || 1 });
  readonly #pace: Pace;

  constructor(schema: GraphQLSchema, pace: Pace = processPace) {
    this.#schema = schema;
    this.#pace = pace;
  }

  /** Parses and validates, or remembers what came before; errors carry their code. What takes long is done in several turns. */
  prepare(query: string): MaybePromise<Operation> {
    return this.#remembered.get(query) ?? inTurns(this.#prepare(query), this.#pace);
  }

  *#prepare(query: string): Generator<void, Operation> {
    const operation = yield* this.#read(query);
    if (this.#once.delete(query)) this.#remembered.set(query, operation);
    else this.#once.set(query, true);
    return operation;
  }

  /** Each step is some ten milliseconds at the most. */
  *#read(query: string): Generator<void, Operation> {
    const refused = (errors: readonly GraphQLError[]) => ({ document: EMPTY, errors, prepared: new Map() });
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
    const inOrder = [
      () => definitionErrors(document),
      // Whatever follows fragments from here on comes to an end.
      () => this.#validate(document, [NoFragmentCyclesRule]),
      () => documentErrors(document),
      () => conditionalRoots(document),
    ];
    for (const errorsOf of inOrder) {
      yield;
      const errors = errorsOf();
      if (errors.length > 0) return refused(refusedBy(errors).errors);
    }
    const found: GraphQLError[] = [];
    for (const rules of query.length > LONG_CHARACTERS ? RULE_GROUPS : [specifiedRules]) {
      yield;
      found.push(...this.#validate(document, rules));
    }
    return found.length > 0 ? refused(refusedBy(found).errors) : { document, errors: [], prepared: new Map() };
  }

  #validate(document: DocumentNode, rules: readonly ValidationRule[]): readonly GraphQLError[] {
    return validate(this.#schema, document, rules, { maxErrors: ERRORS_MAX });
  }

  /** Chooses the operation and coerces the variables, once for all that comes after. */
  select(
    { document, prepared }: Operation,
    operationName: string | null | undefined,
    given: Record<string, unknown>,
  ): Selected | { errors: readonly GraphQLError[] } {
    const node = getOperationAST(document, operationName);
    if (!node) return refusedBy([unknownOperation(operationName)]);
    if (!this.#schema.getRootType(node.operation))
      return refusedBy([new GraphQLFault(`There are no ${node.operation}s in this graph.`)]);
    const { executable, pageErrors } = prepared.get(node) ?? this.#prepareOne(document, node, prepared);
    const { coerced, errors } = executable.coerce(given);
    if (!coerced) return refusedBy(errors);
    const tooMany = pageErrors(coerced);
    if (tooMany.length > 0) return refusedBy(tooMany);
    return { executable, variables: coerced };
  }

  #prepareOne(document: DocumentNode, node: OperationDefinitionNode, prepared: Operation['prepared']): Prepared {
    const executable = prepareOperation(this.#schema, document, node, this.#pace);
    const one = { executable, pageErrors: pageProductTest(document, node) };
    prepared.set(node, one);
    return one;
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

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
