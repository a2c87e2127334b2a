import { type Doc, type DueQuery, type LanesQuery, meaningOf } from '../store.ts';
import { quote } from './schema.ts';
import type { Table } from './table.ts';
import { aliveOf, type Where } from './where.ts';

export function readLanes(table: Table, query: LanesQuery): string[] {
  const { sql, values } = lanesSql(table, query);
  return table
    .statement<[string]>('lanes', () => sql)
    .all(...values)
    .map(([lane]) => lane);
}

export function readDue<D extends Doc>(table: Table, query: DueQuery): D[] {
  const { sql, values } = dueSql(table, query);
  const rows = table.statement<[string]>('due', () => sql).all(...values);
  return rows.map(([doc]) => meaningOf(table.collection, table.read(doc) as D));
}

/** From lane to lane by the index: each costs two steps, whatever waits in it. */
export function lanesSql(table: Table, { orgId, now, after, limit }: LanesQuery): Where {
  const { name, lane, due } = namesOf(table);
  const next = (than: string) =>
    `SELECT d.${lane} FROM ${name} d WHERE d.org = ? AND d.${due} IS NOT NULL AND d.${lane} > ${than} ORDER BY d.${lane} LIMIT 1`;
  return {
    sql: `WITH RECURSIVE walk(lane) AS
      (SELECT (${next('?')}) UNION ALL SELECT (${next('walk.lane')}) FROM walk WHERE walk.lane IS NOT NULL)
      SELECT lane FROM walk WHERE lane IS NOT NULL
      AND EXISTS (SELECT 1 FROM ${name} d WHERE d.org = ? AND d.${lane} = walk.lane AND d.${due} <= ?) LIMIT ?`,
    values: [orgId, after ?? '', orgId, orgId, now, limit],
  };
}

export function dueSql(table: Table, { orgId, lane, now, limit }: DueQuery): Where {
  const names = namesOf(table);
  return {
    sql: `SELECT d.doc FROM ${names.name} d WHERE d.org = ? AND d.${names.lane} = ? AND d.${names.due} <= ?
      AND ${aliveOf(table.collection)} ORDER BY d.${names.due}, d.id LIMIT ?`,
    values: [orgId, lane, now, limit],
  };
}

function namesOf({ collection }: Table): { name: string; lane: string; due: string } {
  const { name, queue } = collection;
  if (!queue) throw new Error(`${name} is no queue`);
  return { name: quote(name), lane: quote(queue.lane), due: quote(queue.due) };
}
