import { frozen } from '../../words/frozen.ts';
import { type Held, SecondChance } from '../../words/second-chance.ts';
import type { Doc, Key } from '../store.ts';

/** A document as its row holds it now. */
interface Kept extends Held {
  readonly doc: Doc;
  readonly rowid: number;
  readonly shelf: Shelf;
}

/** The documents of one table, by their rows and by their keys. */
export class Shelf {
  readonly #all: SecondChance<Kept>;
  readonly #byRow = new Map<number, Kept>();
  readonly #byOrg = new Map<string, Map<string, Kept>>();

  constructor(all: SecondChance<Kept>) {
    this.#all = all;
  }

  at(rowid: number): Doc | undefined {
    return docOf(this.#byRow.get(rowid));
  }

  get(orgId: string, id: string): Doc | undefined {
    return docOf(this.#byOrg.get(orgId)?.get(id));
  }

  /** Where it is, if it is here. */
  rowOf({ orgId, id }: Key): number | undefined {
    return this.#byOrg.get(orgId)?.get(id)?.rowid;
  }

  put(rowid: number, doc: Doc, size: number): void {
    if (!this.#all.takes(size)) return;
    this.forget(doc.orgId, doc.id);
    const kept = { doc: frozen(doc), rowid, size, shelf: this, isUsed: false };
    const ofOrg = this.#byOrg.get(doc.orgId) ?? new Map<string, Kept>();
    this.#byOrg.set(doc.orgId, ofOrg.set(doc.id, kept));
    this.#byRow.set(rowid, kept);
    this.#all.add(kept);
  }

  forget(orgId: string, id: string): void {
    const kept = this.#byOrg.get(orgId)?.get(id);
    if (kept) this.#all.remove(kept);
  }

  /** What the memory has let go of. */
  drop({ rowid, doc: { orgId, id } }: Kept): void {
    this.#byRow.delete(rowid);
    const ofOrg = this.#byOrg.get(orgId);
    ofOrg?.delete(id);
    if (ofOrg?.size === 0) this.#byOrg.delete(orgId);
  }

  clear(): void {
    this.#byRow.clear();
    this.#byOrg.clear();
  }
}

/**
 * Parsed documents of one connection, within a number of characters of their JSON. Nothing here is older than the last
 * commit: what this connection writes is forgotten as it writes it and kept anew once it is on disk, and all of it where another connection has committed.
 * Documents are frozen, since whoever reads one is given the same.
 */
export class Memory {
  readonly #shelves: Shelf[] = [];
  readonly #all: SecondChance<Kept>;

  constructor(room: number) {
    this.#all = new SecondChance<Kept>(room, (kept) => kept.shelf.drop(kept));
  }

  shelf(): Shelf {
    const shelf = new Shelf(this.#all);
    this.#shelves.push(shelf);
    return shelf;
  }

  clear(): void {
    if (this.#all.isEmpty) return;
    this.#all.clear();
    for (const shelf of this.#shelves) shelf.clear();
  }
}

function docOf(kept: Kept | undefined): Doc | undefined {
  if (kept === undefined) return undefined;
  kept.isUsed = true;
  return kept.doc;
}
