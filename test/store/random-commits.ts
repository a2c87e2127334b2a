import fc from 'fast-check';
import { apps } from '../../src/nouns/apps/model.ts';
import { logicalModels } from '../../src/nouns/logical-models/model.ts';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { bump, generations } from '../../src/resource/generation.ts';
import { apply } from '../../src/store/rule.ts';
import { type AnyCollection, type Change, type Store, StoreConflict, tombstones } from '../../src/store/store.ts';

const id = fc.constantFrom('a', 'b', 'c');
const parent = fc.constantFrom('w1', 'w2');
/** Most often the first, so that many changes find what they expect. */
const version = fc.constantFrom(1, 1, 2, 2, 3);
const name = fc.constantFrom('N', 'n', 'm', 'É', 'e\u0301');
const ref = fc.constantFrom('model:a', 'model:b', 'account:x');
export type Step = (orgId: string) => Change;
const doc = (orgId: string, key: string, fields: object) =>
  ({ id: key, orgId, version: 1, createdAt: `t${key}`, updatedAt: 't', createdBy: null, ...fields }) as never;
const model = (orgId: string, key: string, fallback: string | null, at = 1) => {
  const fields = { fallback, targets: [{ providerAccountId: 'x' }], enabled: true, category: 'chat' };
  return doc(orgId, key, { name: key, version: at, ...fields });
};
export const step: fc.Arbitrary<Step> = fc.oneof(
  parent.map(
    (key): Step =>
      (orgId) => ({ type: 'insert', in: workspaces.collection, doc: doc(orgId, key, { name: key }) }),
  ),
  fc.tuple(id, parent, name).map(
    ([key, workspaceId, text]): Step =>
      (orgId) => ({ type: 'insert', in: apps.collection, doc: doc(orgId, key, { workspaceId, name: text }) }),
  ),
  fc.tuple(id, parent, name, version).map(
    ([key, workspaceId, text, expected]): Step =>
      (orgId) => ({
        type: 'put',
        in: apps.collection,
        doc: doc(orgId, key, { workspaceId, name: text, version: expected + 1 }),
        expected,
      }),
  ),
  fc.tuple(id, fc.option(version, { nil: undefined })).map(
    ([key, expected]): Step =>
      (orgId) => ({ type: 'remove', in: apps.collection, key: { orgId, id: key }, expected }),
  ),
  parent.map(
    (key): Step =>
      (orgId) => ({ type: 'remove', in: workspaces.collection, key: { orgId, id: key } }),
  ),
  parent.map(
    (key): Step =>
      (orgId) => ({ type: 'exists', in: workspaces.collection, key: { orgId, id: key } }),
  ),
  fc.tuple(id, fc.option(id)).map(
    ([key, fallback]): Step =>
      (orgId) => ({ type: 'insert', in: logicalModels.collection, doc: model(orgId, key, fallback) }),
  ),
  fc.tuple(id, fc.option(id), version).map(
    ([key, fallback, expected]): Step =>
      (orgId) => ({
        type: 'put',
        in: logicalModels.collection,
        doc: model(orgId, key, fallback, expected + 1),
        expected,
      }),
  ),
  id.map(
    (key): Step =>
      (orgId) => ({ type: 'remove', in: logicalModels.collection, key: { orgId, id: key } }),
  ),
  ref.map(
    (one): Step =>
      (orgId) => ({ type: 'none', in: logicalModels.collection, query: { orgId, ref: one } }),
  ),
  fc.tuple(ref, fc.integer({ min: 1, max: 2 })).map(
    ([one, min]): Step =>
      (orgId) => ({ type: 'atLeast', in: logicalModels.collection, query: { orgId, ref: one }, min }),
  ),
  fc.tuple(ref, fc.integer({ min: 0, max: 2 })).map(
    ([one, max]): Step =>
      (orgId) => ({ type: 'atMost', in: logicalModels.collection, query: { orgId, ref: one }, max }),
  ),
  parent.map(
    (value): Step =>
      (orgId) => ({
        type: 'none',
        in: apps.collection,
        query: { orgId, where: [{ field: 'workspaceId', in: [value] }] },
      }),
  ),
  fc.constant<Step>((orgId) => apply(bump, { orgId, id: 'g' }, null)),
);

/** A workspace marked as gone with all that is in it, the mark taken away, or what is below swept: each a commit of its own. */
export const burial: fc.Arbitrary<Step> = fc.oneof(
  parent.map(
    (key): Step =>
      (orgId) => ({ type: 'insert', in: tombstones, doc: doc(orgId, key, { field: 'workspaceId', sweptAt: null }) }),
  ),
  parent.map(
    (key): Step =>
      (orgId) => ({ type: 'remove', in: tombstones, key: { orgId, id: key } }),
  ),
  fc.tuple(parent, fc.integer({ min: 1, max: 3 })).map(
    ([value, limit]): Step =>
      (orgId) => ({ type: 'sweep', in: apps.collection, orgId, field: 'workspaceId', value, limit }),
  ),
);

/** What a commit answers, or why it is refused; which of several matches an engine names is its own. */
export const attempt = async (store: Store, changes: Change[]) => {
  try {
    return (await store.commit(changes)).results;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    return [error.kind, error.at, error.kind === 'matched' ? null : error.detail];
  }
};
/** All that the steps can have written. */
export const everything = async (store: Store, orgId: string) => {
  const query = { orgId, order: 'asc' as const, limit: 100 };
  const pages = await Promise.all(
    [workspaces.collection, apps.collection, logicalModels.collection, generations].map((from) =>
      store.page(from as AnyCollection, query),
    ),
  );
  const counts = await store.counts(apps.collection, [{ orgId, where: [{ field: 'workspaceId', in: ['w1'] }] }]);
  const refs = await store.page(logicalModels.collection, { ...query, ref: 'model:a' });
  return { pages, counts, refs };
};
