import type { Context } from '../../resource/context.ts';
import { referenceTo } from '../../resource/references.ts';
import { type LintWarning, type LintWorld, lintPolicy } from '../../routing/lint-rules.ts';
import { compile } from '../../routing/matching.ts';
import type { Collection, Doc, Page } from '../../store/store.ts';
import { invalid, valueError } from '../../words/errors.ts';
import { logicalModels } from '../logical-models/model.ts';
import { entitlements } from '../model-entitlements/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { policyIndex } from './cache.ts';
import type { RouterPolicy } from './model.ts';

/** A change is compared with the other policies up to this many; the query over the org compares always. */
const COMPARED_MAX = 1_000;

/** What the linter says of one policy as it would be after a change. */
export async function lintNew(ctx: Context, policy: RouterPolicy): Promise<LintWarning[]> {
  const world = await worldOf(ctx, [policy]);
  const others = world.policies.filter((other) => other.policy.id !== policy.id);
  const subject = compile(policy);
  return lintPolicy(subject, { ...world, policies: others.length > COMPARED_MAX ? [subject] : [...others, subject] });
}

/** What it says of every policy of the org. */
export async function lintAll(ctx: Context): Promise<LintWarning[]> {
  const { ranked } = await policyIndex(ctx);
  const world = await worldOf(
    ctx,
    ranked.map(({ policy }) => policy),
  );
  return world.policies.flatMap((subject) => lintPolicy(subject, world));
}

export function refuseWarnings(strict: boolean | null | undefined, warnings: LintWarning[]): void {
  if (!strict || warnings.length === 0) return;
  throw invalid(warnings.map(({ code, message }) => valueError(['input', 'strict'], `${code}: ${message}`, true)));
}

async function worldOf(ctx: Context, subjects: readonly RouterPolicy[]): Promise<LintWorld> {
  const { ranked } = await policyIndex(ctx);
  const models = await all(ctx, logicalModels.collection);
  const accounts = await all(ctx, providerAccounts.collection);
  const named = new Set(subjects.flatMap((policy) => [policy.routeTo, policy.fallback]).filter((id) => id !== null));
  const grants = await Promise.all(
    [...named].map(
      async (id) => [id, await all(ctx, entitlements.collection, referenceTo(logicalModels, id))] as const,
    ),
  );
  return { policies: ranked, models: byId(models), accounts: byId(accounts), grants: new Map(grants) };
}

function byId<D extends Doc>(docs: D[]): Map<string, D> {
  return new Map(docs.map((doc) => [doc.id, doc]));
}

async function all<D extends Doc>(ctx: Context, from: Collection<D>, ref?: string): Promise<D[]> {
  const docs: D[] = [];
  for (let after: D | null = null; ; ) {
    const page: Page<D> = await ctx.deps.store.page(from, {
      orgId: ctx.principal.orgId,
      ref,
      order: 'asc',
      limit: 1_000,
      after,
    });
    docs.push(...page.docs);
    if (!page.more) return docs;
    after = page.docs.at(-1)!;
  }
}
