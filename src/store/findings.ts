import { secondKey } from './derived.ts';
import { type AnyCollection, type Doc, StoreRefused } from './store.ts';

/** Something that is not stored as it has to be. */
export interface Fault {
  collection: string;
  /** null: the fault is not one document's. */
  orgId: string | null;
  id: string | null;
  /** For a person: what is wrong. */
  what: string;
}

/** What a check has read, and what it found. */
export interface Findings {
  /** By collection. */
  documents: Record<string, number>;
  /** The first of them. */
  faults: Fault[];
  /** All that were found. */
  found: number;
}

/** A database may be wrong in every document: beyond so many, faults are counted only. */
const TOLD_MAX = 1_000;

export function createFindings(): Findings {
  return { documents: {}, faults: [], found: 0 };
}

/** What a document's ancestors say of each other: that above by `field` lies, by `shared`, in what the document lies in by the same field. */
export function agreements(
  of: AnyCollection,
  all: readonly AnyCollection[],
): { field: string; in: string; shared: string }[] {
  const ancestors = of.ancestors ?? [];
  return ancestors.flatMap(({ field, in: above }) => {
    const itsOwn = all.find(({ name }) => name === above)?.ancestors ?? [];
    const shared = itsOwn.filter((one) => ancestors.some((own) => own.field === one.field && own.in === one.in));
    return shared.map((one) => ({ field, in: above, shared: one.field }));
  });
}

/** Until when a numbered document must be kept for a hole above it to be a fault: clocks of processes differ. */
const SKEW_MS = 3_600_000;

export function keptBeyond(now: number): string {
  return new Date(now + SKEW_MS).toISOString();
}

export function missing(after: number, before: number): string {
  const count = before - after - 1;
  return count === 1
    ? `the number ${after + 1} is missing`
    : `the numbers from ${after + 1} to ${before - 1} are missing`;
}

/** Hears how many documents have been read since it was last told. */
export type OnRead = (documents: number) => void;

export function tell(findings: Findings, of: AnyCollection, doc: { orgId: string; id: string } | null, what: string) {
  findings.found += 1;
  if (findings.faults.length >= TOLD_MAX) return;
  findings.faults.push({ collection: of.name, orgId: doc?.orgId ?? null, id: doc?.id ?? null, what });
}

/** What the stored key of a document ought to be and is not; null: it is right. */
export function keyFault(of: AnyCollection, doc: Doc, stored: string | null): string | null {
  const key: string | null = of.unique?.(doc) ?? null;
  if (stored === key || (key !== null && stored === secondKey(key, doc.id))) return null;
  return `its unique key is ${JSON.stringify(stored)}, not ${JSON.stringify(key)}`;
}

/** Data that no start of this version has looked at are not judged. */
export function notTodays(version: number | 'none', known: number): StoreRefused {
  return new StoreRefused(
    `the data are of another version (${version}, here ${known}) or not yet brought up to date; start a server of this version once, or check with the one that serves them`,
  );
}
