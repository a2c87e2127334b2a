import { collections } from '../../catalog/collections.ts';
import { countSqlite } from '../../store/sqlite/estimate.ts';

export type Place = { uri: string } | { file: string };

/** About how many documents are stored in a place. */
export async function countOf(place: Place): Promise<number> {
  if ('file' in place) return countSqlite(place.file, collections);
  const { countMongo } = await import('../../store/mongodb/estimate.ts');
  return countMongo(place.uri, collections);
}
