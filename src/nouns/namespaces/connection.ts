import type { FilteredList } from '../../graphql/nodes.ts';
import type { Context } from '../../resource/context.ts';
import { may } from '../../resource/noun.ts';
import type { List } from '../../resource/page.ts';
import type { Clause } from '../../store/store.ts';
import { textIssue } from '../../validation/walk.ts';
import { expected } from '../../words/expected.ts';
import { fold } from '../../words/fold.ts';
import type { Namespace as NamespaceDoc } from './model.ts';

const SEARCH_MAX = 256;
const SEARCH = `Only those whose name or description contains this, whatever the case; at most ${SEARCH_MAX} characters.`;

/** The visible namespaces of an app: a kept total less the private ones of others. */
function namespacesOf(
  ctx: Context,
  appId: string,
  search: string | null | undefined,
): Omit<List<NamespaceDoc>, 'noun'> {
  const inApp: Clause = { field: 'appId', in: [appId] };
  const hidden: Clause[] = [inApp, { field: 'isPrivate', in: [true] }];
  const own: Clause = { field: 'createdBy', in: [ctx.principal.actorId] };
  const totals: List<NamespaceDoc>['totals'] = may(ctx.principal, 'namespaces:manage')
    ? [{ sign: 1, where: [inApp] }]
    : [
        { sign: 1, where: [inApp] },
        { sign: -1, where: hidden },
        { sign: 1, where: [...hidden, own] },
      ];
  return { name: `namespaces of ${appId}`, where: [inApp], totals, ...searchOf(search) };
}

/** A literal substring, folded as stored texts are; an empty one matches all. */
function searchOf(search: string | null | undefined): Pick<List<NamespaceDoc>, 'search' | 'issues'> {
  if (search == null || search === '') return {};
  const problem = textIssue(search, ['search']);
  if (problem) return { issues: [problem] };
  if ([...search].length <= SEARCH_MAX) return { search: fold(search) };
  const msg = `String should have at most ${SEARCH_MAX} characters`;
  return {
    issues: [{ type: 'string_too_long', loc: ['search'], msg, input: search, ctx: { max_length: SEARCH_MAX } }],
  };
}

/** The namespaces of an app with their search; the same below an app and at the root. */
export const namespaceList: FilteredList<
  NamespaceDoc,
  { appId?: string; parent?: { id: string }; search?: string | null }
> = {
  args: (t) => ({ search: t.arg.string({ description: SEARCH }) }),
  list: ({ appId, parent, search }, ctx) =>
    namespacesOf(ctx, expected(appId ?? parent?.id, 'app whose namespaces are listed'), search),
};
