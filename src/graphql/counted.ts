import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { Context } from '../resource/context.ts';

/** Whether a list's total is read beside its page: of a server, where it is selected. The embedded engine answers at once. */
export function isCounted(ctx: Context, info: GraphQLResolveInfo): boolean {
  return ctx.deps.store.engine !== 'sqlite' && selects(info, 'totalCount');
}

/** Whether the field is selected below this one, without a condition: what has one may be asked for or not. */
function selects({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): boolean {
  const isIn = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.directives?.length) return false;
      if (selection.kind === Kind.FIELD) return selection.name.value === name;
      if (selection.kind === Kind.INLINE_FRAGMENT) return isIn(selection.selectionSet);
      return isIn(fragments[selection.name.value]?.selectionSet);
    }) ?? false;
  return fieldNodes.some(({ selectionSet }) => isIn(selectionSet));
}
