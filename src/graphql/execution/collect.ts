import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import type { Plan } from './plan.ts';

type FieldsByKey = Map<string, [FieldNode, ...FieldNode[]]>;

/** The fields of one type by response key, in the order of the answer: CollectFields of the specification. */
export function collectFields(
  plan: Plan,
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
): FieldsByKey {
  const fields: FieldsByKey = new Map();
  const spread = new Set<string>();
  for (const set of sets) if (set) collect(plan, type, set, fields, spread);
  return fields;
}

function collect(
  plan: Plan,
  type: GraphQLObjectType,
  set: SelectionSetNode,
  fields: FieldsByKey,
  spread: Set<string>,
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD && spread.has(selection.name.value)) continue;
    if (!isIncluded(plan, selection)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      const nodes = fields.get(key);
      if (nodes) nodes.push(selection);
      else fields.set(key, [selection]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      if (applies(plan, selection, type)) collect(plan, type, selection.selectionSet, fields, spread);
    } else {
      spread.add(selection.name.value);
      const fragment = plan.fragments[selection.name.value];
      if (fragment && applies(plan, fragment, type)) collect(plan, type, fragment.selectionSet, fields, spread);
    }
  }
}

function isIncluded({ conditions }: Plan, node: SelectionNode): boolean {
  if (!node.directives?.length) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, conditions)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, conditions)?.if !== false;
}

function applies(
  { schema }: Plan,
  { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
  type: GraphQLObjectType,
): boolean {
  if (!typeCondition) return true;
  const condition = typeFromAST(schema, typeCondition);
  return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type));
}
