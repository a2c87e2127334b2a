import { createOrganization } from '../access/found.ts';
import type { Deps } from '../resource/context.ts';
import { name } from '../validation/fields.ts';
import { walk } from '../validation/walk.ts';
import { UsageRefused } from '../words/refused.ts';
import { createContext } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { createDeps } from './deps.ts';
import { hasOrganizations, isNewFolder, placeOf, remark, remarkNearMisses } from './place.ts';

/** `switchyard org create NAME`, also beside a running server. */
export async function createOrgCommand(orgName: string, env: Record<string, string | undefined>): Promise<void> {
  const { value, issues } = walk(name('The name.'), orgName, ['name'], { naming: 'camel' });
  if (issues.length > 0) throw new UsageRefused(`name: ${issues[0]!.msg}`);
  const config = readConfig(env);
  remarkNearMisses(env);
  const isNew = isNewFolder(config);
  const deps = await createDeps({ ...config, LOG_LEVEL: 'warn' }, env);
  try {
    const isFirst = !(await hasOrganizations(deps.store));
    const { orgId, token } = await createOrg(deps, value);
    process.stdout.write(`${JSON.stringify({ org_id: orgId, token })}\n`);
    remark(await whereItIs(config, isNew, isFirst));
  } finally {
    await deps.store.close();
  }
}

/** A command in the wrong folder succeeds: what would make somebody suspicious is said. */
async function whereItIs(config: Config, isNew: boolean, isFirst: boolean): Promise<string> {
  const place = await placeOf(config);
  if (isNew)
    return `made a new store, ${place}, and the organization in it; a server with another DATA_DIR does not know it`;
  return `made the organization in ${place}${isFirst ? ', the first one there' : ''}`;
}

/** The first Admin is the actor of its own making. */
export async function createOrg(
  deps: Deps,
  orgName: string,
): Promise<{ orgId: string; memberId: string; token: string }> {
  const orgId = deps.ids.next('org_');
  const principal = {
    orgId,
    actorId: deps.ids.next('mem_'),
    tokenId: deps.ids.next('tok_'),
    memberId: null,
    role: 'Admin',
    permissions: ['*:*'],
    workspaceIds: null,
    rateLimitPerMinute: null,
  };
  const ctx = createContext(deps, principal, deps.ids.next('req_'));
  const { member, token } = await createOrganization(ctx, orgName);
  return { orgId, memberId: member.id, token };
}
