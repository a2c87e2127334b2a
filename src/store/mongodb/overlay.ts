import type { View } from '../evaluate.ts';
import type { AnyCollection, Doc, Key, Query } from '../store.ts';
import { keyOf } from './documents.ts';
import { matches } from './filters.ts';

/** A document as read, with what its write must find unchanged. */
export interface Loaded {
  doc: Doc;
  fence: number;
  /** As stored: the document's own key, or a second one. */
  unique?: string;
}

export interface Slot {
  from: AnyCollection;
  key: Key;
  loaded: Loaded | null;
  /** The document after the group's commits; null: removed, or never there. */
  current: Doc | null;
  touched: boolean;
}

/** What a group of commits read, and what it would write: commits are evaluated here one after the other, in memory. */
export class Overlay implements View {
  readonly slots = new Map<string, Slot>();
  /** By collection and unique key: the id that holds it. */
  readonly uniques = new Map<string, string>();
  /** Stored answers of the conditions, by their query. */
  readonly found = new Map<Query, string[]>();
  /** A condition over other documents makes every dependency strict. */
  isStrict = false;
  #journal: (() => void)[] = [];

  static slotKey(from: AnyCollection, key: Key): string {
    return `${from.name}:${keyOf(key)}`;
  }

  load(from: AnyCollection, key: Key, loaded: Loaded | null): void {
    this.slots.set(Overlay.slotKey(from, key), { from, key, loaded, current: loaded?.doc ?? null, touched: false });
    const unique = loaded && from.unique?.(loaded.doc);
    const name = `${from.name}:${key.orgId}:${unique}`;
    if (unique && (loaded.unique === unique || !this.uniques.has(name))) this.uniques.set(name, loaded.doc.id);
  }

  /** Undoes what the commit under way has written since `begin`. */
  begin(): void {
    this.#journal = [];
  }

  undo(): void {
    for (const step of this.#journal.reverse()) step();
    this.#journal = [];
  }

  get(from: AnyCollection, key: Key): Doc | null {
    return this.slots.get(Overlay.slotKey(from, key))?.current ?? null;
  }

  idOfUnique(from: AnyCollection, orgId: string, unique: string): string | null {
    return this.uniques.get(`${from.name}:${orgId}:${unique}`) ?? null;
  }

  matching(from: AnyCollection, query: Query, limit: number): string[] {
    const stored = this.found.get(query) ?? [];
    const changed = [...this.slots.values()].filter((slot) => slot.from === from && slot.current !== slot.loaded?.doc);
    const gone = new Set(changed.map(({ key }) => key.id));
    const now = changed.filter(({ current }) => current && matches(from, query, current)).map(({ key }) => key.id);
    return [...stored.filter((id) => !gone.has(id)), ...now].slice(0, limit);
  }

  insert(from: AnyCollection, doc: Doc): void {
    this.#set(from, doc, doc);
  }

  replace(from: AnyCollection, doc: Doc): void {
    this.#set(from, doc, doc);
  }

  remove(from: AnyCollection, doc: Doc): void {
    this.#set(from, doc, null);
  }

  touch(from: AnyCollection, doc: Doc): void {
    const slot = this.#slot(from, doc);
    const before = slot.touched;
    slot.touched = true;
    this.#journal.push(() => {
      slot.touched = before;
    });
  }

  sweep(): number {
    throw new Error('a sweep is a commit of its own');
  }

  #slot(from: AnyCollection, key: Key): Slot {
    const name = Overlay.slotKey(from, key);
    const slot = this.slots.get(name) ?? {
      from,
      key: { orgId: key.orgId, id: key.id },
      loaded: null,
      current: null,
      touched: false,
    };
    this.slots.set(name, slot);
    return slot;
  }

  #set(from: AnyCollection, key: Key, next: Doc | null): void {
    const slot = this.#slot(from, key);
    const before = slot.current;
    slot.current = next;
    const moved = [this.#claim(from, before, null), this.#claim(from, next, key.id)];
    this.#journal.push(() => {
      slot.current = before;
      for (const undo of moved.reverse()) undo();
    });
  }

  #claim(from: AnyCollection, doc: Doc | null, id: string | null): () => void {
    const unique: string | null | undefined = doc && from.unique?.(doc);
    if (!doc || !unique) return () => {};
    const name = `${from.name}:${doc.orgId}:${unique}`;
    const before = this.uniques.get(name);
    if (id === null) this.uniques.delete(name);
    else this.uniques.set(name, id);
    return () => {
      if (before === undefined) this.uniques.delete(name);
      else this.uniques.set(name, before);
    };
  }
}
