import { createOrganization } from '../../access/found.ts';
import { organizations, orgIndex } from '../../nouns/orgs/model.ts';
import type { Deps } from '../../resource/context.ts';
import { everyDoc } from '../../store/every.ts';
import { UsageRefused } from '../../words/refused.ts';
import { type Config, readConfig } from '../setup/config.ts';
import { createDeps } from '../setup/deps.ts';
import type { Env } from '../setup/env.ts';
import { readName } from '../setup/given-name.ts';
import { hasOrganizations, isNewFolder, placeOf, remark, remarkNearMisses } from '../setup/place.ts';
import { contextAs } from '../setup/system.ts';
import { withStore } from './open.ts';
import { mustBeShown, printJson, printTable } from './print.ts';

/** `switchyard org create NAME`, also beside a running server. */
export async function createOrgCommand(given: string, env: Env): Promise<void> {
  const name = readName(given, (why) => new UsageRefused(`name: ${why}`));
  mustBeShown('the token');
  const config = readConfig(env);
  remarkNearMisses(env);
  const isNew = isNewFolder(config);
  const deps = await createDeps({ ...config, LOG_LEVEL: 'warn' }, env);
  try {
    const isFirst = !(await hasOrganizations(deps.store));
    const { orgId, token } = await createOrg(deps, name);
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
  more?: Parameters<typeof createOrganization>[2],
): Promise<{ orgId: string; memberId: string; token: string }> {
  const orgId = deps.ids.next('org_');
  const [actorId, tokenId] = [deps.ids.next('mem_'), deps.ids.next('tok_')];
  const ctx = contextAs(deps, { orgId, actorId, tokenId, role: 'Admin' });
  const { member, token } = await createOrganization(ctx, orgName, more);
  return { orgId, memberId: member.id, token };
}

export async function listOrgsCommand({ json }: { json?: boolean }, env: Env): Promise<void> {
  await withStore(env, async ({ store }) => {
    const shown: { org_id: string; name: string; created_at: string }[] = [];
    for await (const { id } of everyDoc(store, orgIndex, { orgId: '' })) {
      const org = await store.get(organizations.collection, { orgId: id, id });
      if (org) shown.push({ org_id: id, name: org.name, created_at: org.createdAt });
    }
    if (json) return printJson({ organizations: shown });
    printTable(
      ['org_id', 'name', 'created'],
      shown.map(({ org_id, name, created_at }) => [org_id, name, created_at]),
    );
  });
}
