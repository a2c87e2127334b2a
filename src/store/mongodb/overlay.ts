import { idIn } from '../named.ts';
import { type AnyCollection, type Doc, type Key, type Query, tombstones } from '../store.ts';
import type { View } from '../view.ts';
import { keyOf, type Stamped } from './documents.ts';
import { matches } from './filters.ts';

/** A document as read, with what its write must find unchanged. */
export interface Loaded {
  doc: Doc;
  fence: number;
  /** As stored: the document's own key, or a second one. */
  unique?: string;
  stamped?: Stamped;
}

export interface Slot {
  from: AnyCollection;
  key: Key;
  loaded: Loaded | null;
  /** The document after the group's commits; null: removed, or never there. */
  current: Doc | null;
  touched: boolean;
  /** Its place among the writes: a key has to be let go of before it is taken. */
  order: number;
}

/** What a group of commits read, and what it would write: commits are evaluated here one after the other, in memory. */
export class Overlay implements View {
  readonly slots = new Map<string, Slot>();
  /** By collection and unique key: the id that holds it, and behind that one those with second keys of it. */
  readonly #holders = new Map<string, readonly string[]>();
  /** Stored answers of the conditions, by their query. */
  readonly found = new Map<Query, string[]>();
  /** A condition over other documents makes every dependency strict. */
  isStrict = false;
  /** Whether the commit under way rests on an id or a unique key being free that nobody has looked up. */
  isGuess = false;
  /** The tombstones of each org, as read: what lies below one is there, and absent. */
  readonly #buried: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #isSure: boolean;
  #journal: (() => void)[] = [];
  #writes = 0;

  constructor(buried: ReadonlyMap<string, ReadonlySet<string>>, isSure: boolean) {
    this.#buried = buried;
    this.#isSure = isSure;
  }

  static slotKey(from: AnyCollection, key: Key): string {
    return `${from.name}:${keyOf(key)}`;
  }

  load(from: AnyCollection, key: Key, loaded: Loaded | null): void {
    const current = loaded?.doc ?? null;
    this.slots.set(Overlay.slotKey(from, key), { from, key, loaded, current, touched: false, order: 0 });
    const name = loaded && nameOf(from, loaded.doc);
    if (!name) return;
    const others = (this.#holders.get(name) ?? []).filter((id) => id !== key.id);
    const isFirst = loaded.unique === from.unique?.(loaded.doc);
    this.#holders.set(name, isFirst ? [key.id, ...others] : [...others, key.id]);
  }

  /** Undoes what the commit under way has written since `begin`. */
  begin(): void {
    this.#journal = [];
    this.isGuess = false;
  }

  undo(): void {
    for (const step of this.#journal.reverse()) step();
    this.#journal = [];
  }

  get(from: AnyCollection, key: Key): Doc | null {
    const doc = this.slots.get(Overlay.slotKey(from, key))?.current ?? null;
    return doc && this.isBuried(from, doc) ? null : doc;
  }

  has(from: AnyCollection, key: Key): boolean {
    const isThere = (this.slots.get(Overlay.slotKey(from, key))?.current ?? null) !== null;
    this.isGuess ||= !isThere && !this.#isSure;
    return isThere;
  }

  isBuried({ ancestors = [] }: AnyCollection, doc: Doc): boolean {
    return ancestors.some(({ field }) => this.#isMark(doc.orgId, idIn(doc, field)));
  }

  /** As the group's commits so far have left it. */
  #isMark(orgId: string, id: string): boolean {
    const slot = this.slots.get(Overlay.slotKey(tombstones, { orgId, id }));
    return slot ? slot.current !== null : (this.#buried.get(orgId)?.has(id) ?? false);
  }

  idOfUnique(from: AnyCollection, orgId: string, unique: string): string | null {
    const [holder = null] = this.#holders.get(`${from.name}:${orgId}:${unique}`) ?? [];
    this.isGuess ||= holder === null && !this.#isSure;
    return holder;
  }

  matching(from: AnyCollection, query: Query, limit: number): string[] {
    const stored = this.found.get(query) ?? [];
    const changed = [...this.slots.values()].filter((slot) => slot.from === from && slot.current !== slot.loaded?.doc);
    const gone = new Set(changed.map(({ key }) => key.id));
    const now = changed
      .filter(({ current }) => current && !this.isBuried(from, current) && matches(from, query, current))
      .map(({ key }) => key.id);
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
      order: 0,
    };
    this.slots.set(name, slot);
    return slot;
  }

  #set(from: AnyCollection, key: Key, next: Doc | null): void {
    const slot = this.#slot(from, key);
    const { current: before, order } = slot;
    this.#writes += 1;
    Object.assign(slot, { current: next, order: this.#writes });
    const [old, name] = [before && nameOf(from, before), next && nameOf(from, next)];
    const moved = old === name ? [] : [this.#hold(old, key.id, false), this.#hold(name, key.id, true)];
    this.#journal.push(() => {
      Object.assign(slot, { current: before, order });
      for (const undo of moved.reverse()) undo();
    });
  }

  /** Whoever lets go of a key leaves it to those behind. */
  #hold(name: string | null, id: string, takes: boolean): () => void {
    if (name === null) return () => {};
    const before = this.#holders.get(name) ?? [];
    const others = before.filter((one) => one !== id);
    this.#holders.set(name, takes ? [...others, id] : others);
    return () => void this.#holders.set(name, before);
  }
}

function nameOf(from: AnyCollection, doc: Doc): string | null {
  const unique: string | null = from.unique?.(doc) ?? null;
  return unique === null ? null : `${from.name}:${doc.orgId}:${unique}`;
}
