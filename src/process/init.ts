import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { NotTheFirst } from '../access/found.ts';
import { credentials } from '../nouns/tokens/model.ts';
import type { Deps } from '../resource/context.ts';
import { StartRefused } from '../words/refused.ts';
import { createSecret, hashOf, parseToken, type Secret } from '../words/secret.ts';
import { createOrg } from './operator/orgs.ts';
import type { Config } from './setup/config.ts';
import { hasOrganizations } from './setup/place.ts';
import { nameOfOrg } from './setup/together.ts';

/**
 * The first Admin without a person: on an empty store, `INIT_ORG` is made with the token of `INIT_TOKEN_FILE`. The token is
 * in its file before the commit, so that a start that is killed in between is finished by the next one with the same token.
 */
export async function initOrganization(deps: Deps, { INIT_ORG, INIT_TOKEN_FILE }: Config): Promise<void> {
  if (INIT_ORG === undefined || INIT_TOKEN_FILE === undefined) return;
  const orgName = nameOfOrg(INIT_ORG);
  if (await hasOrganizations(deps.store)) return;
  const { secret, isNew } = secretIn(INIT_TOKEN_FILE, createSecret(deps.randomBytes));
  try {
    await createOrg(deps, orgName, { secret, isFirst: true });
  } catch (error) {
    if (!(error instanceof NotTheFirst)) throw error;
    // Where the faster one has a file of its own, the token in this one opens nothing.
    if (isNew && !(await isKnown(deps, secret))) rmSync(INIT_TOKEN_FILE, { force: true });
  }
}

async function isKnown({ store }: Deps, { publicId }: Secret): Promise<boolean> {
  return (await store.get(credentials, { orgId: '', id: publicId })) !== null;
}

/** The token that the file holds, or the one made here, which it holds from now on. */
function secretIn(file: string, made: Secret): { secret: Secret; isNew: boolean } {
  const given = read(file);
  if (given !== null) return { secret: given, isNew: false };
  const draft = `${file}.${made.publicId}`;
  try {
    writeFileSync(draft, `${made.token}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(draft, file);
    return { secret: made, isNew: true };
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? read(file) : null;
    if (other) return { secret: other, isNew: false };
    throw new StartRefused(`INIT_TOKEN_FILE: cannot write ${file}: ${(error as Error).message}`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(file: string): Secret | null {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new StartRefused(`INIT_TOKEN_FILE: cannot read ${file}: ${(error as Error).message}`);
  }
  const publicId = parseToken(token);
  if (publicId === null)
    throw new StartRefused(`INIT_TOKEN_FILE: ${file} holds no token of the form that "switchyard token create" prints`);
  return { token, publicId, hash: hashOf(token) };
}
