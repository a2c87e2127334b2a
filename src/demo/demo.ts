import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthenticate } from '../auth/authenticate.ts';
import type { Config } from '../config.ts';
import type { Deps } from '../context.ts';
import { orgIndex } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { makeDemo } from './make.ts';

export interface Demo {
  token: string;
  tokenFile: string;
  orgId: string;
  workspaceId: string;
}

/** Outside production the embedded engine begins with a demo org, made once, in an empty data folder; null: there is none. */
export async function openDemo(deps: Deps, config: Config): Promise<Demo | null> {
  const isWanted = config.DEMO ?? (config.NODE_ENV !== 'production' && config.MONGODB_URI === undefined);
  if (!isWanted) return null;
  const tokenFile = join(config.DATA_DIR, 'demo-token');
  const known = readToken(tokenFile);
  const token = known ?? (await makeIfEmpty(deps, tokenFile));
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

/** A folder with orgs of its own stays as it is. */
async function makeIfEmpty(deps: Deps, tokenFile: string): Promise<string | null> {
  const page = await deps.store.page(orgIndex, { orgId: '', order: 'asc', limit: 1 });
  if (page.docs.length > 0) return null;
  const show = (what: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[KMaking the demo: ${what} …`);
  const token = await makeDemo(deps, show);
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  return token;
}

/** One screen: where to look, and three requests, each a line of its own: a triple click takes it as it runs. */
export function welcome({ token, tokenFile, orgId, workspaceId }: Demo, url: string): string {
  const auth = `-H "Authorization: Bearer $(cat '${tokenFile}')"`;
  const json = `-H 'Content-Type: application/json'`;
  const org = `${url}/v1/orgs/${orgId}`;
  return `
  GraphiQL   ${url}/graphql#token=${token}
  Token      ${token}

Read, create, route:

curl ${auth} ${org}/workspaces

curl ${auth} ${json} ${org}/workspaces/${workspaceId}/apps -d '{"name": "My first app"}'

curl ${auth} ${json} ${org}/router-policies/test-match -d '{"context": {"workspace_id": "${workspaceId}"}}'

`;
}
