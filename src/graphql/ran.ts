import { type GraphQLFormattedError, Kind, type OperationDefinitionNode } from 'graphql';
import type { Reply } from '../http/reply.ts';

/** What was run, in words of which there are as many as the graph has root fields: nothing of it is the caller's choice but the name. */
export function ranOf(
  node: OperationDefinitionNode | null,
  errors: readonly Pick<GraphQLFormattedError, 'extensions'>[] = [],
): Reply['operation'] {
  const codes = errors.length === 0 ? [] : errors.map(({ extensions }) => String(extensions?.code ?? ''));
  return { kind: node === null ? 'refused' : kindOf(node), name: node?.name?.value ?? null, codes };
}

const kinds = new WeakMap<OperationDefinitionNode, string>();

/** `query workspace`, or `query` where it asks for several root fields. */
function kindOf(node: OperationDefinitionNode): string {
  const known = kinds.get(node);
  if (known !== undefined) return known;
  const { selections } = node.selectionSet;
  const [only] = selections;
  const kind =
    selections.length === 1 && only?.kind === Kind.FIELD ? `${node.operation} ${only.name.value}` : node.operation;
  kinds.set(node, kind);
  return kind;
}
