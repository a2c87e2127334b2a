import type { DatabaseSync, SQLInputValue, StatementResultingChanges } from 'node:sqlite';

/** A statement whose rows are told, each as a list of its columns: `node:sqlite` knows them as anything. */
export interface Rows<R extends readonly unknown[]> {
  get(...values: SQLInputValue[]): R | undefined;
  all(...values: SQLInputValue[]): R[];
  run(...values: SQLInputValue[]): StatementResultingChanges;
}

export function rows<R extends readonly unknown[]>(db: DatabaseSync, sql: string): Rows<R> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement as unknown as Rows<R>;
}
