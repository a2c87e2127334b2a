import type { Doc } from '../store.ts';

/** A document as its row holds it now. */
interface Kept {
  readonly doc: Doc;
  readonly rowid: number;
  readonly size: number;
  readonly shelf: Shelf;
  /** Since the clock's hand last passed it. */
  isUsed: boolean;
}

/** The documents of one table, by their rows and by their keys. */
export class Shelf {
  readonly #memory: Memory;
  readonly #byRow = new Map<number, Kept>();
  readonly #byOrg = new Map<string, Map<string, Kept>>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  at(rowid: number): Doc | undefined {
    return docOf(this.#byRow.get(rowid));
  }

  get(orgId: string, id: string): Doc | undefined {
    return docOf(this.#byOrg.get(orgId)?.get(id));
  }

  put(rowid: number, doc: Doc, size: number): void {
    if (!this.#memory.takes(size)) return;
    this.forget(doc.orgId, doc.id);
    const kept = { doc: frozen(doc), rowid, size, shelf: this, isUsed: false };
    const ofOrg = this.#byOrg.get(doc.orgId) ?? new Map<string, Kept>();
    this.#byOrg.set(doc.orgId, ofOrg.set(doc.id, kept));
    this.#byRow.set(rowid, kept);
    this.#memory.add(kept);
  }

  forget(orgId: string, id: string): void {
    const kept = this.#byOrg.get(orgId)?.get(id);
    if (kept) this.#memory.remove(kept);
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
 * commit: what this connection writes is forgotten as it writes it, and all of it where another connection has committed.
 * Documents are frozen, since whoever reads one is given the same.
 */
export class Memory {
  readonly #room: number;
  readonly #shelves: Shelf[] = [];
  /** In the order in which the hand passes. */
  readonly #all = new Set<Kept>();
  #size = 0;

  constructor(room: number) {
    this.#room = room;
  }

  shelf(): Shelf {
    const shelf = new Shelf(this);
    this.#shelves.push(shelf);
    return shelf;
  }

  /** One document alone never empties it. */
  takes(size: number): boolean {
    return size <= this.#room / 64;
  }

  add(kept: Kept): void {
    this.#all.add(kept);
    this.#size += kept.size;
    for (const oldest of this.#all) {
      if (this.#size <= this.#room) break;
      this.#all.delete(oldest);
      if (oldest.isUsed) {
        oldest.isUsed = false;
        this.#all.add(oldest);
      } else this.#letGo(oldest);
    }
  }

  remove(kept: Kept): void {
    this.#all.delete(kept);
    this.#letGo(kept);
  }

  clear(): void {
    if (this.#all.size === 0) return;
    this.#all.clear();
    this.#size = 0;
    for (const shelf of this.#shelves) shelf.clear();
  }

  #letGo(kept: Kept): void {
    this.#size -= kept.size;
    kept.shelf.drop(kept);
  }
}

function docOf(kept: Kept | undefined): Doc | undefined {
  if (kept === undefined) return undefined;
  kept.isUsed = true;
  return kept.doc;
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
