import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLBoolean,
  type GraphQLField,
  type GraphQLFieldResolver,
  GraphQLID,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getNullableType,
  isNonNullType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { argumentReader, type ReadArguments } from './arguments.ts';
import { collectFields } from './collect.ts';
import { type Complete, completer } from './complete.ts';
import type { Variables } from './variables.ts';

/** One operation under one set of conditions: the same for all calls whose conditions are equal. */
export interface Plan {
  schema: GraphQLSchema;
  fragments: Record<string, FragmentDefinitionNode>;
  operation: OperationDefinitionNode;
  /** The variables that `@skip` and `@include` name, where they are given. */
  conditions: Variables;
}

export type FieldNodes = readonly FieldNode[];

/** The fields to answer for objects of one type. */
export interface SelectionPlan {
  fields: FieldPlan[];
  /** All keys of the answer, its own whatever their names (`__proto__`); each answer is a copy, of one shape. */
  template: Record<string, unknown>;
}

export interface FieldPlan {
  key: string;
  definition: GraphQLField<unknown, unknown>;
  parentType: GraphQLObjectType;
  nodes: FieldNodes;
  nullable: boolean;
  /** What a property of the parent is when it is its own answer; null where there is more to do. */
  plain: 'string' | 'boolean' | null;
  resolve: GraphQLFieldResolver<unknown, unknown>;
  readArguments: ReadArguments;
  complete: Complete;
}

/** Found when the first object of the type comes; most documents are asked for again. */
export function planSelection(
  plan: Plan,
  type: GraphQLObjectType,
  nodes: readonly Pick<FieldNode, 'selectionSet'>[],
): SelectionPlan {
  const collected = collectFields(
    plan,
    type,
    nodes.map((node) => node.selectionSet),
  );
  const fields = [...collected].flatMap(([key, same]) => planField(plan, type, key, same) ?? []);
  return { fields, template: Object.fromEntries(fields.map(({ key }) => [key, null])) };
}

function planField(plan: Plan, parentType: GraphQLObjectType, key: string, nodes: FieldNodes): FieldPlan | null {
  const definition = definitionOf(plan.schema, parentType, nodes[0]!.name.value);
  if (!definition) return null;
  return {
    key,
    definition,
    parentType,
    nodes,
    nullable: !isNonNullType(definition.type),
    plain: definition.resolve ? null : plainOf(definition.type),
    resolve: definition.resolve ?? defaultFieldResolver,
    readArguments: argumentReader(definition, nodes[0]!),
    complete: completer(plan, definition.type, nodes),
  };
}

function plainOf(type: GraphQLOutputType): FieldPlan['plain'] {
  const named = getNullableType(type);
  if (named === GraphQLString || named === GraphQLID) return 'string';
  return named === GraphQLBoolean ? 'boolean' : null;
}

function definitionOf(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (parentType === schema.getQueryType())
    for (const meta of [SchemaMetaFieldDef, TypeMetaFieldDef]) if (name === meta.name) return meta;
  return parentType.getFields()[name];
}
