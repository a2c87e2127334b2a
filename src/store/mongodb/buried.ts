import { tombstones } from '../store.ts';

const NAME = 'buried';
const TEXT = 0x02;
/** Of BSON: the document's size, the kind of its first field, its name with the end of that. */
const NAME_AT = 5;
const LENGTH_AT = NAME_AT + NAME.length + 1;

/** As the last stage of a pipeline: behind its own rows one for each tombstone of the org. */
export const BURIED = (orgId: string) => ({
  $unionWith: { coll: tombstones.name, pipeline: [{ $match: { orgId } }, { $project: { _id: 0, [NAME]: '$id' } }] },
});

/** The id that such a row tells; null for a row of the pipeline's own, which begins otherwise. */
export function buriedIn(row: Uint8Array): string | null {
  const view = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  if (view[NAME_AT - 1] !== TEXT || view.toString('latin1', NAME_AT, LENGTH_AT) !== `${NAME}\0`) return null;
  return view.toString('utf8', LENGTH_AT + 4, LENGTH_AT + 3 + view.readInt32LE(LENGTH_AT));
}
