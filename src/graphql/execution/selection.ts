import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isNonNullType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { argumentReader } from './arguments.ts';
import { collectFields } from './collect.ts';
import { completer } from './complete.ts';
import { readerOf } from './direct.ts';
import { isKeepable } from './kept.ts';
import { shownTest } from './leaf.ts';
import type { FieldNodes, FieldPlan, Plan, Selection } from './plan.ts';
import { shapeOf } from './shape.ts';

/** Found when the first object of the type comes; most documents are asked for again. */
export function selectionOf(
  plan: Plan,
  type: GraphQLObjectType,
  nodes: readonly Pick<FieldNodes[number], 'selectionSet'>[],
): Selection {
  const collected = collectFields(
    plan,
    type,
    nodes.map((node) => node.selectionSet),
  );
  const fields = [...collected].flatMap(([key, same]) => fieldOf(plan, type, key, same) ?? []);
  return { fields, shape: shapeOf(fields.map(({ key }) => key)), isKeepable: isKeepable({ fields }) };
}

function fieldOf(plan: Plan, parentType: GraphQLObjectType, key: string, nodes: FieldNodes): FieldPlan | null {
  const definition = definitionOf(plan.schema, parentType, nodes[0].name.value);
  if (!definition) return null;
  const { type, resolve } = definition;
  const read = readerOf(definition, parentType.name);
  return {
    key,
    definition,
    parentType,
    nodes,
    nullable: !isNonNullType(type),
    read,
    isShown: shownTest(type),
    inner: read && innerOf(plan, type, nodes),
    resolve: resolve ?? defaultFieldResolver,
    readArguments: argumentReader(definition, nodes[0]),
    complete: completer(plan, type, nodes),
  };
}

/** What is wrong with conditions in it is told where such an object is answered: here it only is not known. */
function innerOf(plan: Plan, type: GraphQLOutputType, nodes: FieldNodes): FieldPlan['inner'] {
  const present = getNullableType(type);
  if (!isObjectType(present) || present.isTypeOf) return null;
  let known: Selection | null | undefined;
  return () => {
    if (known !== undefined) return known;
    try {
      known = plan.select(present, nodes);
    } catch {
      known = null;
    }
    return known;
  };
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
