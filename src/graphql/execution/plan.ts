import type {
  FieldNode,
  FragmentDefinitionNode,
  GraphQLError,
  GraphQLField,
  GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLResolveInfo,
  GraphQLSchema,
  OperationDefinitionNode,
} from 'graphql';
import type { MaybePromise } from '../../store/store.ts';
import type { Pace } from '../../words/pace.ts';
import type { ReadArguments } from './arguments.ts';
import type { Read } from './direct.ts';
import type { IsShown } from './leaf.ts';
import type { Shape } from './shape.ts';
import type { Variables } from './variables.ts';

/** One operation under one set of conditions: the same for all calls whose conditions are equal. */
export interface Plan {
  schema: GraphQLSchema;
  fragments: Record<string, FragmentDefinitionNode>;
  operation: OperationDefinitionNode;
  /** The variables that `@skip` and `@include` name, where they are given. */
  conditions: Variables;
  /** Whether it has been carried out before: nothing is kept for one that may never come again. */
  isKnown: boolean;
  /** What is selected of objects of a type. */
  select(type: GraphQLObjectType, nodes: FieldNodes): Selection;
}

/** Where one response key is asked for: once at least. */
export type FieldNodes = readonly [FieldNode, ...FieldNode[]];
export type Path = GraphQLResolveInfo['path'];

/** The fields to answer for objects of one type. */
export interface Selection {
  fields: FieldPlan[];
  /** Makes the answer of their values. */
  shape: Shape;
  /** Whether all of them may be read off an object, so that the answer of one that never changes can be kept. */
  isKeepable: boolean;
}

export interface FieldPlan {
  key: string;
  definition: GraphQLField<unknown, unknown>;
  parentType: GraphQLObjectType;
  nodes: FieldNodes;
  nullable: boolean;
  /** Reads it off the parent; null where its resolver has to be called. */
  read: Read | null;
  /** Whether what was read is its own answer; null where there is always more to do. */
  isShown: IsShown | null;
  /** What is asked of the one object that is read off the parent, found with the first of them; null for all else. */
  inner: (() => Selection | null) | null;
  resolve: GraphQLFieldResolver<unknown, unknown>;
  readArguments: ReadArguments;
  complete: Complete;
}

/** Makes of what a resolver answered what the caller gets; throws what is an error, null where none may stand included. */
export type Complete = (run: Run, info: GraphQLResolveInfo, value: unknown, path: Path) => MaybePromise<unknown>;

/** One execution of a plan. */
export interface Run {
  plan: Plan;
  variables: Variables;
  context: unknown;
  rootValue: unknown;
  errors: GraphQLError[];
  /** Where errors have made null; `undefined` stands for the answer as a whole. */
  nulled: Set<Path | undefined>;
  pace: Pace;
  /** Values that were answered since the clock was looked at. */
  values: number;
}
