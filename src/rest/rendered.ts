import type { Rendered } from '../resource/context.ts';
import type { Row } from './row.ts';

/** Where the operation tells the ETag of what the reply shows. */
const TAG = '_tag';

/** The row's selection, with the ETag in it. */
export function tagged({ resource, selection }: Pick<Row, 'resource' | 'selection'>): string {
  if (resource === null) return selection;
  return selection.replace('{', resource === '' ? `{ ${TAG}: etag` : `{ ${TAG}: ${resource} { etag }`);
}

/** What the row's operation answered, as its reply shows it: the ETag goes to the header. */
export function renderedOf(row: Row, result: object): Rendered {
  if (row.resource === null) return { status: row.status, body: row.shape(result as never), etag: null };
  const { [TAG]: tag, ...value } = result as Record<string, unknown>;
  const etag = row.resource === '' ? (tag as string) : (tag as { etag: string }).etag;
  return { status: row.status, body: row.shape(value as never), etag };
}
