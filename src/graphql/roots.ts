import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../resource/context.ts';
import type { Noun } from '../resource/noun.ts';
import { connect, type List, type ListExtensions, type PageArgs, pageIssues } from '../resource/page.ts';
import { reach, type Step } from '../resource/path.ts';
import { chain, type Doc } from '../store/store.ts';
import { invalid } from '../words/errors.ts';
import { pascal } from '../words/naming.ts';
import { builder } from './builder.ts';
import { isCounted } from './counted.ts';
import { connectionArgs, connectionOf, type FilteredList, refOf } from './nodes.ts';

/** Names the argument of each path element (`workspaceId`), leftmost first. */
export type PathArgs = readonly (readonly [string, Noun<Doc>])[];

const ORG_ARG = 'The organization; by default the one that the token acts in.';

function stepsOf(path: PathArgs, args: object): Step[] {
  return path.map(([name, noun]) => [noun, (args as Record<string, string | null | undefined>)[name]] as const);
}

/** A root field by documented id; ids of what it lies in may be given and are then checked. */
export function rootNode<D extends Doc>(noun: Noun<D>, name: string, above: PathArgs = [], idArg = `${name}Id`): void {
  builder.queryField(name, (t) =>
    t.field({
      type: refOf(noun),
      nullable: true,
      description: `The ${noun.type} with this documented id; RESOURCE_NOT_FOUND where it is absent or hidden.`,
      permission: `${noun.permission}:read`,
      args: {
        orgId: t.arg.id({ description: ORG_ARG }),
        ...Object.fromEntries(
          above.map(([arg, { type }]) => [
            arg,
            t.arg.id({ description: `The ${type} it lies in; checked when given.` }),
          ]),
        ),
        [idArg]: t.arg.id({ required: true, description: 'The documented id.' }),
      } as never,
      resolve: ((_root: unknown, { [idArg]: id = '', ...args }: Record<string, string>, ctx: Context) =>
        reach(ctx, stepsOf(above, args), noun, id)) as never,
    }),
  );
}

export interface RootList<D extends Doc, A> extends FilteredList<D, A> {
  /** The path to the list's parent; the last one is required. Empty: the org. */
  above?: PathArgs;
  description: string;
}

/** A root list field, named after the list key. */
export function rootList<D extends Doc, A extends object = object>(
  noun: Noun<D>,
  name: string,
  options: RootList<D, A>,
): void {
  const above = options.above ?? [];
  const parent = above.at(-1);
  const listOf = (args: A & ListArgs, ctx: Context): List<D> => ({
    noun,
    ascending: args.oldestFirst ?? false,
    ...options.list(args, ctx),
  });
  const extensions: ListExtensions = {
    pageIssues: (args, ctx) => pageIssues(ctx, listOf(args as A & ListArgs, ctx), pageOf(args as ListArgs)),
  };
  builder.queryField(name, (t) =>
    t.field({
      type: connectionOf(noun),
      nullable: true,
      description: options.description,
      permission: `${noun.permission}:read`,
      extensions: extensions as Record<string, unknown>,
      args: {
        orgId: t.arg.id({ description: ORG_ARG }),
        ...Object.fromEntries(
          above.map(([arg, { type }]) => [
            arg,
            t.arg.id({ required: arg === parent?.[0], description: `The ${pascal(type)} that the list lies in.` }),
          ]),
        ),
        ...connectionArgs(t as never),
        ...options.args?.(t as never),
      } as never,
      resolve: ((_root: unknown, args: A & ListArgs, ctx: Context, info: GraphQLResolveInfo) => {
        const list = { ...listOf(args, ctx), isCounted: isCounted(ctx, info) };
        const page = pageOf(args);
        const issues = pageIssues(ctx, list, page);
        if (issues.length > 0) throw invalid(issues);
        const read = () => options.connect?.(ctx, list, page, args) ?? connect(ctx, list, page);
        if (!parent) return read();
        const id = (args as Record<string, unknown>)[parent[0]] as string;
        return chain(reach(ctx, stepsOf(above.slice(0, -1), args), parent[1], id), read);
      }) as never,
    }),
  );
}

type ListArgs = PageArgs & { oldestFirst?: boolean | null };

function pageOf({ first, last, after, before }: PageArgs): PageArgs {
  return { first, last, after, before };
}
