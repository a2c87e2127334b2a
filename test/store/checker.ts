import { collections } from '../../src/catalog/collections.ts';
import type { AnyCollection, Doc, Page, Store } from '../../src/store/store.ts';
import { required } from '../required.ts';

type Loose = Doc & Record<string, unknown>;

async function all(store: Store, collection: AnyCollection, orgId: string): Promise<Loose[]> {
  const docs: Loose[] = [];
  for (let after: Loose | null = null; ; ) {
    const page: Page<Loose> = await store.page(collection, { orgId, order: 'asc', limit: 1_000, after });
    docs.push(...page.docs);
    if (!page.more) return docs;
    after = required(page.docs.at(-1));
  }
}

/** A full-store check of one org: every parent is there, every workspace has one default, every change its event, every total is right. */
export async function findDamage(store: Store, orgId: string): Promise<string[]> {
  const damage: string[] = [];
  const named = (name: string) => required(collections.find((one) => one.name === name));
  const docs = new Map<string, Loose[]>();
  for (const collection of collections) docs.set(collection.name, await all(store, collection, orgId));
  const ids = (name: string) => new Set(required(docs.get(name)).map(({ id }) => id));
  const parents: Record<string, Set<string>> = {
    workspaceId: ids('workspaces'),
    appId: ids('apps'),
    environmentId: ids('environments'),
    namespaceId: ids('namespaces'),
  };
  for (const name of ['apps', 'environments', 'namespaces', 'entitlements', 'threads'])
    for (const doc of required(docs.get(name)))
      for (const [field, known] of Object.entries(parents))
        if (typeof doc[field] === 'string' && !known.has(doc[field] as string))
          damage.push(`${name} ${doc.id}: its ${field} ${String(doc[field])} is gone`);
  for (const { id } of required(docs.get('workspaces'))) {
    const defaults = required(docs.get('environments')).filter((one) => one.workspaceId === id && one.isDefault);
    if (defaults.length !== 1) damage.push(`workspace ${id} has ${defaults.length} default environments`);
  }
  const events = new Set(
    required(docs.get('audit')).map((event) => `${String(event.action)} ${String(event.resourceId)}`),
  );
  for (const { id } of required(docs.get('workspaces')))
    if (!events.has(`workspace.create ${id}`)) damage.push(`workspace ${id} has no audit event`);
  const [total] = await store.counts(named('workspaces'), [{ orgId, where: [] }]);
  if (total !== required(docs.get('workspaces')).length)
    damage.push(`the total of workspaces is ${total}, there are ${required(docs.get('workspaces')).length}`);
  return damage;
}
