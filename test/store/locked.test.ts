import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { bump, generations } from '../../src/resource/generation.ts';
import { afterMs } from '../../src/store/deadline.ts';
import { apply } from '../../src/store/rule.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite/engine.ts';
import { unavailable } from '../../src/store/sqlite/errors.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';

const now = () => new Date().toISOString();
const SHORT_MS = 300;

describe('a database file that another process has locked', () => {
  let folder: string;
  let other: DatabaseSync;
  let store: SqliteStore;
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-locked-'));
    const file = join(folder, 'switchyard.db');
    store = openSqlite({ file, collections, now });
    harness = await startHarness('sqlite', { deps: { store }, requestMs: SHORT_MS });
    tenant = await harness.org();
    other = new DatabaseSync(file);
  });
  afterAll(async () => {
    await harness.close();
    other.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    other.exec('BEGIN IMMEDIATE');
    return work().finally(() => other.exec('ROLLBACK'));
  };

  test('changes by both doors are answered 503 at their deadline, reads go on, and all is well without a restart', async () => {
    const role = (name: string) => tenant.rest('POST', `${tenant.base}/roles`, { name, permissions: [] });
    const mutation = `mutation($input: CreateRoleInput!){createRole(input:$input){role{name}}}`;
    await locked(async () => {
      const [rest, graph, read] = await Promise.all([
        role('one'),
        tenant.graphql(mutation, { input: { orgId: tenant.orgId, name: 'two', permissions: [] } }),
        tenant.rest('GET', `${tenant.base}/roles`),
      ]);
      expect([rest.status, rest.body.error, rest.headers.get('retry-after')]).toEqual([
        503,
        'SERVICE_UNAVAILABLE',
        '1',
      ]);
      expect(graph.body.errors[0].extensions).toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
        details: { retry_after: 1 },
      });
      expect(read.status).toBe(200);
    });
    expect((await role('one')).status).toBe(201);
  });

  test('commits that wait behind others have no time of their own: all are told at their deadline, none happens', async () => {
    const key = { orgId: 'org_waiting', id: 'c' };
    const counted = apply(bump, key, null);
    const deadline = afterMs(SHORT_MS);
    const patient = store.until(afterMs(60_000)).commit([counted]);
    await locked(async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 600 }, () => store.until(deadline).commit([counted])),
      );
      for (const result of results)
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
      // Six hundred times the deadline otherwise.
      expect(performance.now() - deadline).toBeLessThan(100 * SHORT_MS);
    });
    await patient;
    expect(store.get(generations, key)?.count).toBe(1);
  });
});

test('a fault of the file, the disk, a lock or memory is the store’s; one of the program stays one', () => {
  const programs = new Set([1, 19, 20, 21, 25]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 40 }), (primary, kind) => {
      const error = Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode: primary | (kind << 8) });
      expect(unavailable(error) instanceof StoreUnavailable).toBe(!programs.has(primary));
    }),
  );
  const own = new TypeError('x is not a function');
  expect(unavailable(own)).toBe(own);
});
