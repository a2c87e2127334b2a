import { parseArgs } from 'node:util';
import { createContext } from '../app.ts';
import { readConfig } from '../config.ts';
import type { Deps } from '../context.ts';
import { createDeps } from '../deps.ts';
import { StartRefused } from '../refused.ts';
import { name } from '../validation/fields.ts';
import { walk } from '../validation/walk.ts';
import { createOrganization } from './repository.ts';

/** `switchyard org create NAME [--json]`, also beside a running server. */
export async function createOrgCommand(args: string[], env: Record<string, string | undefined>): Promise<void> {
  const { positionals } = parseArguments(args);
  const [orgName, ...others] = positionals;
  if (orgName === undefined || others.length > 0)
    throw new StartRefused('org create wants one NAME: switchyard org create "Acme Corp"');
  const { issues } = walk(name('The name.'), orgName, ['NAME'], { naming: 'camel' });
  if (issues.length > 0) throw new StartRefused(`NAME: ${issues[0]!.msg}`);
  const config = readConfig(env);
  const deps = await createDeps({ ...config, LOG_LEVEL: 'warn' }, env);
  try {
    const { orgId, token } = await createOrg(deps, orgName);
    process.stdout.write(`${JSON.stringify({ org_id: orgId, token })}\n`);
  } finally {
    await deps.store.close();
  }
}

function parseArguments(args: string[]) {
  try {
    // One line of JSON either way; `--json` is for scripts that want to be sure.
    return parseArgs({ args, options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
  } catch (error) {
    throw new StartRefused((error as Error).message);
  }
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
