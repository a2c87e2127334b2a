import type { AnyCollection } from '../store.ts';

/** What spans the collections; `described` holds what each collection's own data were made from. */
export const SHARED_TABLES: Record<string, string> = {
  refs: `CREATE TABLE refs (org TEXT NOT NULL, collection TEXT NOT NULL, ref TEXT NOT NULL,
    "createdAt" TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (org, collection, ref, "createdAt", id)) WITHOUT ROWID`,
  totals:
    'CREATE TABLE totals (org TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (org, key)) WITHOUT ROWID',
  described: 'CREATE TABLE described (collection TEXT PRIMARY KEY, derived TEXT NOT NULL) WITHOUT ROWID',
};

export function tableSql(collection: AnyCollection): string {
  const columns = columnsOf(collection);
  return `CREATE TABLE ${quote(collection.name)} (org TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    "createdAt" TEXT NOT NULL, uniq TEXT, doc TEXT NOT NULL${columns.map((name) => `, ${quote(name)}`).join('')},
    PRIMARY KEY (org, id))`;
}

/** Each index by its name. */
export function indexSql(collection: AnyCollection): Record<string, string> {
  const { name, scopes = [], expires, unique, queue, numbered } = collection;
  const indexes: Record<string, string> = {};
  const add = (suffix: string, on: string, kind = 'INDEX') => {
    indexes[`${name}_${suffix}`] = `CREATE ${kind} ${quote(`${name}_${suffix}`)} ON ${quote(name)} ${on}`;
  };
  add('list', '(org, "createdAt", id)');
  for (const scope of scopes) add(`by_${scope}`, `(org, ${quote(scope)}, "createdAt", id)`);
  if (expires) add('expires', `(${quote(expires)}) WHERE ${quote(expires)} IS NOT NULL`);
  if (queue) {
    const due = quote(queue.due);
    add('queue', `(org, ${quote(queue.lane)}, ${due}, id) WHERE ${due} IS NOT NULL`);
  }
  if (numbered) add('numbered', `(org, ${quote(numbered)})`);
  if (unique) add('unique', '(org, uniq) WHERE uniq IS NOT NULL', 'UNIQUE INDEX');
  return indexes;
}

/** The collection's own columns, each once: those it names, its scopes, ancestors and the time of expiry. */
export function columnsOf(collection: AnyCollection): string[] {
  const { columns = [], scopes = [], ancestors = [], expires, queue, numbered } = collection;
  const names = new Set<string>([
    ...columns,
    ...scopes,
    ...(collection.filters ?? []),
    ...ancestors.map(({ field }) => field),
    ...(expires ? [expires] : []),
    ...(queue ? [queue.lane, queue.due] : []),
    ...(numbered ? [numbered] : []),
  ]);
  if (collection.search) for (const name of ['foldA', 'foldB', collection.search.scope]) names.add(name);
  for (const name of ['id', 'createdAt', 'version']) names.delete(name);
  return [...names];
}

export function quote(name: string): string {
  if (!/^[A-Za-z_]+$/.test(name)) throw new Error(`not a column name: ${name}`);
  return `"${name}"`;
}
