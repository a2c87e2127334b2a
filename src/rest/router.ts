import type { Row } from './row.ts';

/** Paths are matched as sent, segment by segment; a fixed word wins over a parameter, whatever the method. */
interface Branch {
  words: Map<string, Branch>;
  parameter: Branch | null;
  /** By method. */
  rows: Map<string, { row: Row; names: string[] }>;
}

export type Match =
  | { row: Row; parameters: Record<string, string> }
  /** The path is known, the method is not. */
  | { allow: string[] }
  | null;

export function createRouter(rows: readonly Row[]): (method: string, path: string) => Match {
  const root = branch();
  for (const row of rows) add(root, row);
  return (method, path) => {
    const found = walk(root, path.split('/').slice(1), 0, []);
    const best = found[0];
    if (!best) return null;
    if (!best.at.rows.has(method)) return { allow: [...best.at.rows.keys()] };
    const { row, names } = best.at.rows.get(method)!;
    const parameters: Record<string, string> = {};
    for (const [at, name] of names.entries()) {
      const value = decode(best.values[at]!);
      if (value === null) return null;
      parameters[name] = value;
    }
    return { row, parameters };
  };
}

function branch(): Branch {
  return { words: new Map(), parameter: null, rows: new Map() };
}

function add(root: Branch, row: Row): void {
  const names: string[] = [];
  let at = root;
  for (const part of row.path.split('/').slice(1)) {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name !== undefined) {
      names.push(name);
      at.parameter ??= branch();
      at = at.parameter;
    } else {
      const next = at.words.get(part) ?? branch();
      at.words.set(part, next);
      at = next;
    }
  }
  at.rows.set(row.method, { row, names });
}

/** Every way to read the path, fixed words first. */
function walk(at: Branch, segments: string[], index: number, values: string[]): { at: Branch; values: string[] }[] {
  if (index === segments.length) return at.rows.size > 0 ? [{ at, values }] : [];
  const segment = segments[index]!;
  const word = at.words.get(segment);
  const byWord = word ? walk(word, segments, index + 1, values) : [];
  const byParameter =
    at.parameter && segment !== '' ? walk(at.parameter, segments, index + 1, [...values, segment]) : [];
  return [...byWord, ...byParameter];
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
