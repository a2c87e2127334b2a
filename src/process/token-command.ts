import { organizations } from '../nouns/orgs/model.ts';
import { createToken } from '../nouns/tokens/repository.ts';
import type { Context, Deps } from '../resource/context.ts';
import { name } from '../validation/fields.ts';
import { walk } from '../validation/walk.ts';
import { codeOf } from '../words/errors.ts';
import { StartRefused, UsageRefused } from '../words/refused.ts';
import { createContext } from './app.ts';
import { readConfig } from './config.ts';
import { createDeps, databaseFile } from './deps.ts';
import { isNewFolder, placeOf, remark, remarkNearMisses } from './place.ts';

interface TokenWords {
  org: string;
  role: string;
  name: string;
  json?: boolean;
}

/** `switchyard token create`, also beside a running server: the way back into an org whose last Admin token is lost. */
export async function createTokenCommand(words: TokenWords, env: Record<string, string | undefined>): Promise<void> {
  const { value, issues } = walk(name('The name.'), words.name, ['name'], { naming: 'camel' });
  if (issues.length > 0) throw new UsageRefused(`--name: ${issues[0]!.msg}`);
  const config = readConfig(env);
  remarkNearMisses(env);
  // A folder without a database is refused, not filled with one.
  if (isNewFolder(config))
    throw new StartRefused(
      `DATA_DIR: there is no ${databaseFile(config.DATA_DIR)}; name the folder that the server serves`,
    );
  const deps = await createDeps({ ...config, LOG_LEVEL: 'warn' }, env);
  try {
    const place = await placeOf(config);
    const ctx = operator(deps, words.org);
    if (!(await deps.store.get(organizations.collection, { orgId: words.org, id: words.org })))
      throw new StartRefused(`--org: there is no organization ${JSON.stringify(words.org)} in ${place}`);
    const { token, secret } = await createToken(ctx, { name: value, role: words.role });
    const all = JSON.stringify({ org_id: words.org, token_id: token.id, token: secret });
    process.stdout.write(`${words.json ? all : secret}\n`);
    remark(`made the token in ${place}`);
  } catch (error) {
    throw whatIsMissing(error);
  } finally {
    await deps.store.close();
  }
}

/** Whoever may read and write the store itself: no member or token of the org. */
function operator(deps: Deps, orgId: string): Context {
  const principal = {
    orgId,
    actorId: 'operator',
    tokenId: 'operator',
    memberId: null,
    role: null,
    permissions: ['*:*'],
    workspaceIds: null,
    rateLimitPerMinute: null,
  };
  return createContext(deps, principal, deps.ids.next('req_'));
}

function whatIsMissing(error: unknown): unknown {
  return codeOf(error) === 'RESOURCE_NOT_FOUND' ? new StartRefused((error as Error).message) : error;
}
