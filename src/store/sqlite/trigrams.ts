import type { AnyCollection } from '../store.ts';
import { quote } from './schema.ts';

/** More of them narrow a search no further that is worth their lists. */
const TRIGRAMS_MAX = 12;
const LENGTH = 3;
/** Where Unicode leaves code points to everybody's own use. */
const PRIVATE_USE = 0xe000;

/**
 * The texts of a collection by the trigrams in them, and nothing of where these stand: what a search finds here, its own
 * conditions have to confirm. That takes a third of what an index with places does, for every document that is stored.
 */
export function searchTableSql(collection: AnyCollection): Record<string, string> {
  if (!collection.search) return {};
  const name = searchTableOf(collection);
  const options = "tokenize='trigram', detail=none, columnsize=0";
  return { [name]: `CREATE VIRTUAL TABLE ${quote(name)} USING fts5(scope, a, b, ${options})` };
}

export function searchTableOf({ name }: AnyCollection): string {
  return `${name}_fts`;
}

/** A scope as one trigram that texts hardly hold; two scopes with the same one cost time, and confuse nobody. */
export function scopeToken(id: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return String.fromCharCode(...[0, 11, 21].map((by) => PRIVATE_USE + ((hash >>> by) & 0x7ff)));
}

/** What all that holds a text in a scope has to match; null for a text too short to be found so. */
export function matchFor(scope: string, text: string): string | null {
  const characters = [...text];
  const last = characters.length - LENGTH;
  if (last < 0) return null;
  const step = Math.max(1, last / (TRIGRAMS_MAX - 1));
  const trigrams = new Set([scopeToken(scope)]);
  for (let at = 0; at < last + 0.5; at += step) {
    const from = Math.round(at);
    trigrams.add(characters.slice(from, from + LENGTH).join(''));
  }
  return [...trigrams].map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}
