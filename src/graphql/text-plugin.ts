import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import type { Context } from '../resource/context.ts';
import type { ListExtensions } from '../resource/page.ts';
import { textIssue } from '../validation/walk.ts';
import { type Issue, invalid } from '../words/errors.ts';
import { chain, rescue } from '../words/maybe.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      text: TextPlugin<Types>;
    }
  }
}

/** These answer a plain null to whatever is no id of theirs. */
const OPEN: ReadonlySet<string> = new Set(['node', 'nodes']);

/** Refuses NUL and half characters in ids and texts that are arguments of their own, as what is inside of an `input` is refused by its schema. */
class TextPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const names = textsOf(config);
    if (names.length === 0) return resolver;
    const { pageIssues } = (config.extensions ?? {}) as ListExtensions;
    return (parent, args, context, info) => {
      const issues = textIssues(names, args);
      if (issues.length === 0) return resolver(parent, args, context, info);
      const beside = rescue(
        () => pageIssues?.(without(args, issues), context as Context, parent) ?? [],
        // The list cannot be named: its parent's id is what is wrong.
        () => [],
      );
      return chain(beside, (others) => {
        throw invalid([...issues, ...others]);
      });
    };
  }

  override wrapSubscribe(
    subscriber: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    const names = textsOf(config);
    if (!subscriber || names.length === 0) return subscriber;
    return (parent, args, context, info) => {
      const issues = textIssues(names, args);
      if (issues.length > 0) throw invalid(issues);
      return subscriber(parent, args, context, info);
    };
  }
}

function textsOf<Types extends SchemaTypes>({ args, name }: PothosOutputFieldConfig<Types>): string[] {
  if (OPEN.has(name)) return [];
  return Object.entries(args)
    .filter(([, { type }]) => type.kind === 'Scalar' && TEXTS.has(nameOf(type.ref)))
    .map(([arg]) => arg);
}

const TEXTS: ReadonlySet<string> = new Set(['ID', 'String']);

/** A scalar is referred to by its name, or by what has it. */
function nameOf(ref: unknown): string {
  return typeof ref === 'string' ? ref : String((ref as { name?: unknown }).name);
}

const NONE: Issue[] = [];

function textIssues(names: readonly string[], args: object): Issue[] {
  let issues: Issue[] | null = null;
  for (const name of names) {
    const text = (args as Record<string, unknown>)[name];
    const issue = typeof text === 'string' ? textIssue(text, [name]) : null;
    if (issue) issues = [...(issues ?? []), issue];
  }
  return issues ?? NONE;
}

function without(args: object, issues: readonly Issue[]): object {
  const wrong = new Set(issues.map(({ loc: [name] }) => name));
  return Object.fromEntries(Object.entries(args).filter(([name]) => !wrong.has(name)));
}

export const TEXT_PLUGIN = 'text' as const;
SchemaBuilder.registerPlugin(TEXT_PLUGIN, TextPlugin);
