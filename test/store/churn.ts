import { apps } from '../../src/nouns/apps/model.ts';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { type Change, type Doc, type Store, StoreConflict, StoreUnavailable } from '../../src/store/store.ts';

const PAIRS = 4;
const WORKSPACE = 'ws';

interface Marked extends Doc {
  name: string;
  workspaceId: string;
}

const docOf = (orgId: string, id: string, name: string): Marked =>
  ({
    ...{ id, orgId, version: 1, createdAt: id, updatedAt: id, createdBy: null, name },
    ...(id === WORKSPACE ? {} : { workspaceId: WORKSPACE }),
  }) as Marked;

/** Pairs of apps that are always changed together, so that whoever sees one newer than the other sees two instants. */
export function pairs(orgId: string): Change[] {
  const ids = Array.from({ length: PAIRS }, (_, at) => [`left_${at}`, `right_${at}`]).flat();
  return [
    { type: 'insert', in: workspaces.collection, doc: docOf(orgId, WORKSPACE, WORKSPACE) as never },
    ...ids.map((id): Change => ({ type: 'insert', in: apps.collection, doc: docOf(orgId, id, id) as never })),
  ];
}

export function pageOf(orgId: string) {
  const where = [{ field: 'workspaceId', in: [WORKSPACE] }];
  return { orgId, where, order: 'asc' as const, limit: 2 * PAIRS };
}

/** Changes pairs and reads them in an order of its own, without waiting for anybody; answers what it saw that never was. */
export async function churn(store: Store, { orgId, seed, rounds }: { orgId: string; seed: number; rounds: number }) {
  const torn: string[] = [];
  const newest = new Map<string, number>();
  let random = seed;
  const next = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((random / 2_147_483_648) * below);
  };
  const see = (docs: readonly (Doc | null)[]) => {
    for (const doc of docs) {
      if (doc && doc.version < (newest.get(doc.id) ?? 0)) torn.push(`${doc.id} went back to ${doc.version}`);
      if (doc) newest.set(doc.id, doc.version);
    }
    for (let at = 0; at < PAIRS; at += 1) {
      const [left, right] = ['left', 'right'].map((side) => docs.find((doc) => doc?.id === `${side}_${at}`)?.version);
      if (left !== right) torn.push(`pair ${at}: ${left} beside ${right}`);
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    const { docs } = await store.page(apps.collection, pageOf(orgId));
    see(docs);
    if (next(3) > 0) continue;
    const at = next(PAIRS);
    const changed = docs.filter(({ id }) => id.endsWith(`_${at}`));
    const puts = changed.map((doc): Change => {
      const after = { ...doc, version: doc.version + 1, name: `${doc.id} ${doc.version}` };
      return { type: 'put', in: apps.collection, doc: after as never, expected: doc.version };
    });
    try {
      await store.commit(puts);
    } catch (error) {
      if (!(error instanceof StoreConflict || error instanceof StoreUnavailable)) throw error;
      continue;
    }
    // What was acknowledged is there, at least.
    for (const { id, version } of changed) newest.set(id, Math.max(newest.get(id) ?? 0, version + 1));
  }
  return torn;
}
