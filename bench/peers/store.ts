import type { Doc, Documents, TableName } from './documents.ts';

/** SQLite answers at once, MongoDB later. */
export type Soon<T> = T | Promise<T>;

/** What the peers read and write. */
export interface Store {
  one(table: TableName, id: string): Soon<Doc | null>;
  /** Newest first. */
  page(table: TableName, scope: string, limit: number, cursor?: string | null): Soon<{ docs: Doc[]; more: boolean }>;
  count(table: TableName, scope: string): Soon<number>;
  /** One durable commit. */
  add(table: TableName, doc: Doc): Soon<unknown>;
  /** One durable commit. */
  replace(table: TableName, doc: Doc): Soon<unknown>;
  /** All at once, before anything is served. */
  load(documents: Documents): Soon<void>;
  close(): Soon<void>;
}

/** A value that is there is not waited for. */
export const given = <T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> =>
  value instanceof Promise ? value.then(next) : next(value);

export const givenAll = <T extends readonly unknown[], U>(
  values: { [K in keyof T]: Soon<T[K]> },
  next: (values: T) => Soon<U>,
): Soon<U> =>
  values.some((value) => value instanceof Promise)
    ? Promise.all(values).then((all) => next(all as unknown as T))
    : next(values as unknown as T);
