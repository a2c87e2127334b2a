import Negotiator from 'negotiator';

const REMEMBERED_MAX = 200;

/** Answers what an Accept header prefers of these types (the first among equals), or null; no header takes anything. */
export function createPreference<T extends string>(types: readonly T[]): (accept: string | undefined) => T | null {
  // Clients send few different headers, and to weigh one costs more than the rest of the reading.
  const remembered = new Map<string, T | null>();
  return (accept = '') => {
    const known = remembered.get(accept);
    if (known !== undefined) return known;
    const headers = { accept: accept.trim() === '' ? undefined : accept };
    const preferred = (new Negotiator({ headers }).mediaType([...types]) as T | undefined) ?? null;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(accept, preferred);
    return preferred;
  };
}
