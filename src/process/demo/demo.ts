import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createAuthenticate } from '../../access/authenticate.ts';
import { collections } from '../../catalog/collections.ts';
import { orgIndex } from '../../nouns/orgs/model.ts';
import { workspaces } from '../../nouns/workspaces/model.ts';
import type { Deps } from '../../resource/context.ts';
import { numberings } from '../../store/numberings.ts';
import { openSqlite } from '../../store/sqlite/engine.ts';
import { type Change, type Doc, type Store, StoreConflict } from '../../store/store.ts';
import { StartRefused } from '../../words/refused.ts';
import type { Config } from '../setup/config.ts';
import { hasOrganizations } from '../setup/place.ts';
import { makeDemo } from './make.ts';

/** More documents of one kind than a demo has. */
const DEMO_MAX = 10_000;

export interface Demo {
  token: string;
  tokenFile: string;
  orgId: string;
  workspaceId: string;
}

/** Why there is no demo to show, as a person may read it. */
export type NoDemo = string;

/** Outside production the embedded engine begins with a demo org, made once, in an empty data folder. */
export async function openDemo(deps: Deps, config: Config): Promise<Demo | NoDemo> {
  const tokenFile = join(config.DATA_DIR, 'demo-token');
  const isWanted = config.DEMO ?? (config.NODE_ENV !== 'production' && config.MONGODB_URI === undefined);
  const found = await find(deps, tokenFile);
  if (!isWanted) return found ? `there from an earlier start; ${tokenFile} opens it` : 'none';
  const demo = found ?? ((await makeIfEmpty(deps, tokenFile)) ? await find(deps, tokenFile) : null);
  if (demo) return demo;
  return existsSync(tokenFile)
    ? `not shown; the token in ${tokenFile} is not valid any more`
    : 'none; there are organizations already';
}

/** The demo whose token is kept here; one that was killed between its commit and its last step is found by the token it had laid ready. */
async function find(deps: Deps, tokenFile: string): Promise<Demo | null> {
  const demo = await openedBy(deps, tokenFile, tokenFile);
  if (demo) return demo;
  for (const file of laidReady(tokenFile)) {
    const late = await openedBy(deps, file, tokenFile);
    if (!late) continue;
    keep(() => renameSync(file, tokenFile));
    return late;
  }
  return null;
}

function laidReady(tokenFile: string): string[] {
  const [folder, start] = [dirname(tokenFile), `${basename(tokenFile)}.`];
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, name));
}

async function openedBy(deps: Deps, file: string, tokenFile: string): Promise<Demo | null> {
  const token = readToken(file);
  const principal = token === null ? null : await createAuthenticate(deps)(`Bearer ${token}`, deps.store);
  if (!principal || token === null) return null;
  const { orgId } = principal;
  const page = await deps.store.page(workspaces.collection, { orgId, order: 'asc', limit: 1 });
  return { token, tokenFile, orgId, workspaceId: page.docs[0]?.id ?? '' };
}

function readToken(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

/**
 * Made aside in memory and stored in one commit: a start that is killed leaves no half demo, and of several that begin
 * together one makes it. A folder with orgs of its own stays as it is.
 */
async function makeIfEmpty(deps: Deps, tokenFile: string): Promise<boolean> {
  if (await hasOrganizations(deps.store)) return false;
  const now = () => new Date(deps.now()).toISOString();
  const aside = openSqlite({ file: ':memory:', collections, now });
  const ready = `${tokenFile}.${deps.ids.next('')}`;
  try {
    const token = await makeDemo({ ...deps, store: aside });
    keep(() => writeFileSync(ready, `${token}\n`, { mode: 0o600 }));
    const isEmpty: Change = { type: 'none', in: orgIndex, query: { orgId: '' } };
    await deps.store.commit([isEmpty, ...(await everything(aside))]);
  } catch (error) {
    rmSync(ready, { force: true });
    // Another start was faster: its demo is the one to show.
    if (error instanceof StoreConflict) return true;
    throw error;
  } finally {
    await aside.close();
  }
  keep(() => renameSync(ready, tokenFile));
  // What earlier starts had laid ready opens nothing.
  for (const file of laidReady(tokenFile)) rmSync(file, { force: true });
  return true;
}

/** The token is kept in a file of the data folder; that it cannot be stops the start, unless another start has done it. */
function keep(work: () => void): void {
  try {
    work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new StartRefused(`DATA_DIR: cannot keep the token of the demo: ${(error as Error).message}`);
  }
}

async function everything(store: Store): Promise<Change[]> {
  const changes: Change[] = [];
  for (const collection of collections) {
    // What the others tell, the commit itself makes anew; numbers it gives to all that has some.
    if ((collection.numbered && !collection.renumbered) || collection === numberings) continue;
    const docs: Doc[] = await store.scan(collection, null, DEMO_MAX);
    changes.push(...docs.map((doc) => ({ type: 'insert' as const, in: collection, doc })));
  }
  return changes;
}

/** One screen: where to look, and three requests, each a line of its own: a triple click takes it as it runs. */
export function welcome({ token, tokenFile, orgId, workspaceId }: Demo, url: string): string {
  const auth = `-H "Authorization: Bearer $(cat '${tokenFile}')"`;
  const json = `-H 'Content-Type: application/json'`;
  const org = `${url}/v1/orgs/${orgId}`;
  return `  Console    ${url}/console#token=${token}
  GraphiQL   ${url}/graphql#token=${token}
  Reference  ${url}/docs
  Token      ${token}

Read, create, route:

curl ${auth} ${org}/workspaces

curl ${auth} ${json} ${org}/workspaces/${workspaceId}/apps -d '{"name": "My first app"}'

curl ${auth} ${json} ${org}/router-policies/test-match -d '{"context": {"workspace_id": "${workspaceId}"}}'

`;
}
