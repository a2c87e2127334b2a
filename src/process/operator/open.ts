import { organizations } from '../../nouns/orgs/model.ts';
import type { Context, Deps } from '../../resource/context.ts';
import { codeOf } from '../../words/errors.ts';
import { StartRefused } from '../../words/refused.ts';
import { readConfig } from '../setup/config.ts';
import { createDeps, databaseFile } from '../setup/deps.ts';
import type { Env } from '../setup/env.ts';
import { isNewFolder, placeOf, remarkNearMisses } from '../setup/place.ts';
import { contextAs } from '../setup/system.ts';

/** Works on the configured store, also beside a running server. A folder without a database is refused, not filled with one. */
export async function withStore(env: Env, work: (deps: Deps, place: string) => Promise<void>): Promise<void> {
  const config = readConfig(env);
  remarkNearMisses(env);
  if (isNewFolder(config))
    throw new StartRefused(
      `DATA_DIR: there is no ${databaseFile(config.DATA_DIR)}; name the folder that the server serves`,
    );
  const deps = await createDeps({ ...config, LOG_LEVEL: 'warn' }, env);
  try {
    await work(deps, await placeOf(config));
  } finally {
    await deps.store.close();
  }
}

/** The same within one organization, as the operator: whoever may read and write the store itself, no member or token of the org. */
export async function withOrg(
  env: Env,
  orgId: string,
  work: (ctx: Context, place: string) => Promise<void>,
): Promise<void> {
  await withStore(env, async (deps, place) => {
    if (!(await deps.store.get(organizations.collection, { orgId, id: orgId })))
      throw new StartRefused(`--org: there is no organization ${JSON.stringify(orgId)} in ${place}`);
    await work(contextAs(deps, { orgId, actorId: 'operator' }), place).catch((error: unknown) => {
      throw refusalOf(error);
    });
  });
}

/** What the caller may see of it is one line; a fault of ours stays one. */
function refusalOf(error: unknown): unknown {
  return codeOf(error) === null ? error : new StartRefused((error as Error).message);
}
