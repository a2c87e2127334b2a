import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

const CONDITIONS = new Set(['skip', 'include']);
const MESSAGE = 'What a subscription asks for stands under no condition: neither @skip nor @include.';

/**
 * A subscription has one field, whatever its variables (GraphQL, Single Root Field). graphql-js counts its fields without
 * variables, and throws where a condition needs one, or is itself wrong: so this is asked first. No fragment spreads itself.
 */
export function conditionalRoots({ definitions }: DocumentNode): GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const found = new Set<SelectionNode>();
  const seen = new Set<SelectionSetNode>();
  const look = (set: SelectionSetNode | undefined): void => {
    if (!set || seen.has(set)) return;
    seen.add(set);
    for (const selection of set.selections) {
      if (selection.directives?.some(({ name }) => CONDITIONS.has(name.value))) found.add(selection);
      if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      if (selection.kind === Kind.FRAGMENT_SPREAD) look(fragments.get(selection.name.value)?.selectionSet);
    }
  };
  for (const one of definitions)
    if (one.kind === Kind.OPERATION_DEFINITION && one.operation === OperationTypeNode.SUBSCRIPTION)
      look(one.selectionSet);
  return [...found].map((selection) => new GraphQLError(MESSAGE, { nodes: selection }));
}
