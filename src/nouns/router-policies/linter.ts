import type { Context } from '../../resource/context.ts';
import { referenceTo } from '../../resource/references.ts';
import { type LintWarning, type LintWorld, lintPolicy } from '../../routing/lint-rules.ts';
import { type Compiled, compile } from '../../routing/matching.ts';
import { allDocs } from '../../store/every.ts';
import { invalid, valueError } from '../../words/errors.ts';
import { logicalModels } from '../logical-models/model.ts';
import { entitlements, type ModelEntitlement } from '../model-entitlements/model.ts';
import { type RouterPolicy, routerPolicies } from './model.ts';
import { type Settings, settingsNow } from './settings.ts';

/** A change is compared with the other policies up to this many; the query over the org compares always. */
const COMPARED_MAX = 1_000;

/** What the linter says of one policy as it would be after a change. */
export async function lintNew(ctx: Context, policy: RouterPolicy): Promise<LintWarning[]> {
  const { orgId } = ctx.principal;
  const [settings, [count = 0]] = await Promise.all([
    settingsNow(ctx),
    ctx.deps.store.counts(routerPolicies.collection, [{ orgId }]),
  ]);
  // More are only counted: each change makes what is kept of them old, and to read all of them for it takes the longer the more there are.
  const { ranked } = count > COMPARED_MAX ? { ranked: [] } : await settings.policies();
  const others = ranked.filter((other) => other.policy.id !== policy.id);
  const subject = compile(policy);
  return lintPolicy(subject, await worldOf(ctx, settings, [subject], [...others, subject]));
}

/** What it says of every policy of the org. */
export async function lintAll(ctx: Context): Promise<LintWarning[]> {
  const settings = await settingsNow(ctx);
  const { ranked } = await settings.policies();
  const world = await worldOf(ctx, settings, ranked, ranked);
  return ranked.flatMap((subject) => lintPolicy(subject, world));
}

export function refuseWarnings(strict: boolean | null | undefined, warnings: LintWarning[]): void {
  if (!strict || warnings.length === 0) return;
  throw invalid(warnings.map(({ code, message }) => valueError(['input', 'strict'], `${code}: ${message}`, true)));
}

async function worldOf(
  ctx: Context,
  settings: Settings,
  subjects: readonly Compiled[],
  policies: Compiled[],
): Promise<LintWorld> {
  const named = subjects.flatMap(({ policy }) => [policy.routeTo, policy.fallback]).filter((id) => id !== null);
  const models = await settings.modelsWithFallbacks(named);
  const targets = [...models.values()].flatMap((model) => model.targets);
  const [accounts, grants] = await Promise.all([
    settings.accounts(targets.map(({ providerAccountId }) => providerAccountId)),
    Promise.all([...new Set(named)].map(async (id) => [id, await everyGrantOf(ctx, id)] as const)),
  ]);
  return { policies, models, accounts, grants: new Map(grants) };
}

function everyGrantOf(ctx: Context, modelId: string): Promise<ModelEntitlement[]> {
  const query = { orgId: ctx.principal.orgId, ref: referenceTo(logicalModels, modelId) };
  return allDocs(ctx.deps.store, entitlements.collection, query);
}
