import { expected } from '../words/expected.ts';
import type { Row } from './row.ts';

/** Paths are matched as sent, segment by segment; a fixed word wins over a parameter, whatever the method. */
interface Branch {
  words: Map<string, Branch>;
  parameter: Branch | null;
  /** By method, with the place of each parameter among the segments. */
  rows: Map<string, Pick<Found, 'row' | 'places'>>;
}

/** A row, and where in the path its parameters stand. */
export interface Found {
  readonly row: Row;
  readonly path: string;
  readonly places: readonly (readonly [name: string, at: number])[];
}

export type Match =
  | Found
  /** The path is known, the method is not. */
  | { allow: string[] }
  | null;

export function createRouter(rows: readonly Row[]): (method: string, path: string) => Match {
  const root = branch();
  for (const row of rows) add(root, row);
  return (method, path) => {
    const found = walk(root, { path, isEscaped: path.includes('%') }, path.indexOf('/'));
    if (!found) return null;
    const known = found.get(method);
    return known ? { row: known.row, path, places: known.places } : { allow: [...found.keys()] };
  };
}

/** Read by whoever needs them: what is given from memory does not. */
export function parametersOf({ path, places }: Found): Record<string, string> {
  const segments = path.split('/');
  const parameters: Record<string, string> = {};
  for (const [name, at] of places) parameters[name] = expected(decode(segments[at] ?? ''), 'parameter of the path');
  return parameters;
}

function branch(): Branch {
  return { words: new Map(), parameter: null, rows: new Map() };
}

function add(root: Branch, row: Row): void {
  const places: [string, number][] = [];
  let at = root;
  for (const [place, part] of row.path.split('/').entries()) {
    if (place === 0) continue;
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name !== undefined) {
      places.push([name, place]);
      at.parameter ??= branch();
      at = at.parameter;
    } else {
      const next = at.words.get(part) ?? branch();
      at.words.set(part, next);
      at = next;
    }
  }
  at.rows.set(row.method, { row, places });
}

interface Sent {
  readonly path: string;
  readonly isEscaped: boolean;
}

/** The first of the ways to read the path from a slash on, fixed words before parameters. No more of it is cut out than words are looked for. */
function walk(at: Branch, sent: Sent, slash: number): Branch['rows'] | null {
  if (slash < 0) return at.rows.size > 0 ? at.rows : null;
  const { path, isEscaped } = sent;
  const begin = slash + 1;
  const next = path.indexOf('/', begin);
  const end = next < 0 ? path.length : next;
  const word = at.words.size > 0 ? at.words.get(path.slice(begin, end)) : undefined;
  const byWord = word ? walk(word, sent, next) : null;
  if (byWord || !at.parameter || begin === end) return byWord;
  if (isEscaped && decode(path.slice(begin, end)) === null) return null;
  return walk(at.parameter, sent, next);
}

/** Null for a bad escape, which is no parameter, whatever the method. */
function decode(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
