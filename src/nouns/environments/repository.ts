import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { reach } from '../../resource/path.ts';
import { unreferenced } from '../../resource/references.ts';
import { whenMade } from '../../resource/subtree.ts';
import { checkVersion } from '../../resource/version.ts';
import {
  insertion,
  type Planned,
  removal,
  replacement,
  save,
  stillThere,
  update,
  withRetry,
} from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  type createEnvironmentInput,
  type deleteEnvironmentInput,
  type Environment,
  environments,
  slugOf,
  type updateEnvironmentInput,
} from './model.ts';

type Target = { orgId?: string | null; workspaceId?: string | null; environmentId: string };

async function readEnvironment(ctx: Context, input: Target): Promise<Environment> {
  return reach(ctx, [[workspaces, input.workspaceId]], environments, input.environmentId);
}

/** Takes the default away from the one that has it: the version in its condition keeps two moves from both succeeding. */
async function dethroned(ctx: Context, workspaceId: string): Promise<Planned[]> {
  const where = [
    { field: 'workspaceId', in: [workspaceId] },
    { field: 'isDefault', in: [true] },
  ];
  const page = await ctx.deps.store.page(environments.collection, {
    orgId: ctx.principal.orgId,
    where,
    order: 'asc',
    limit: 1,
  });
  return page.docs.flatMap(
    (current) => replacement(ctx, environments, current, { ...current, isDefault: false }).planned,
  );
}

/** A workspace is never without its default. */
whenMade(workspaces, (ctx, workspace) => {
  const first = { name: 'Default', isDefault: true };
  const place = { workspaceId: workspace.id, slug: slugOf(first.name) };
  return insertion(ctx, environments, newDoc(ctx, environments, ctx.deps.ids.next('env_'), first, place));
});

export function createEnvironment(ctx: Context, input: z.output<typeof createEnvironmentInput>) {
  return withRetry(async () => {
    const workspace = await reach(ctx, [], workspaces, input.workspaceId);
    const own = { workspaceId: workspace.id, slug: slugOf(input.name) };
    const environment = newDoc(ctx, environments, ctx.deps.ids.next('env_'), input, own);
    const others = input.isDefault ? await dethroned(ctx, workspace.id) : [];
    return save(ctx, [stillThere(workspaces, workspace), ...others, ...insertion(ctx, environments, environment)], {
      environment,
    });
  });
}

export function updateEnvironment(ctx: Context, input: z.output<typeof updateEnvironmentInput>) {
  return update(
    ctx,
    environments,
    () => readEnvironment(ctx, input),
    input.expectedVersion,
    async (before) => {
      const refuse =
        before.isDefault && input.isDefault === false
          ? conflict('environment', { reason: 'default_environment' })
          : null;
      const merged = mergePatch(environments, before, input);
      const also = merged.isDefault && !before.isDefault ? await dethroned(ctx, before.workspaceId) : [];
      return {
        doc: { ...merged, slug: merged.name === before.name ? before.slug : slugOf(merged.name) },
        also,
        refuse,
      };
    },
    (environment) => ({ environment }),
  );
}

export function deleteEnvironment(ctx: Context, input: z.output<typeof deleteEnvironmentInput>) {
  return withRetry(async () => {
    const environment = await readEnvironment(ctx, input);
    checkVersion(ctx, environment, input.expectedVersion);
    if (environment.isDefault) throw conflict('environment', { reason: 'default_environment' });
    const unused = unreferenced(ctx, environments, environment.id, 'in_use');
    return save(ctx, [...unused, ...removal(ctx, environments, environment)], { environment });
  });
}
