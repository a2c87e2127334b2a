/** What is kept, how much of the room it takes, and whether anybody has asked for it since it was last taken for new. */
export interface Held {
  readonly size: number;
  isUsed: boolean;
}

/**
 * Keeps what there is room for. Whoever is asked for is only marked, so that to find a thing moves nothing; where room is needed, the
 * oldest goes that nobody has asked for, and each that somebody has is taken for new once more.
 */
export class SecondChance<T extends Held> {
  readonly #room: number;
  readonly #drop: (held: T) => void;
  readonly #all = new Set<T>();
  #size = 0;

  /** `drop` hears of each that is let go of. */
  constructor(room: number, drop: (held: T) => void) {
    this.#room = room;
    this.#drop = drop;
  }

  /** One alone never empties it. */
  takes(size: number): boolean {
    return size <= this.#room / 64;
  }

  add(held: T): void {
    this.#all.add(held);
    this.#size += held.size;
    for (const oldest of this.#all) {
      if (this.#size <= this.#room) break;
      if (oldest.isUsed) this.#renew(oldest);
      else this.remove(oldest);
    }
  }

  remove(held: T): void {
    this.#all.delete(held);
    this.#size -= held.size;
    this.#drop(held);
  }

  /** Lets go of all, and tells nobody. */
  clear(): void {
    this.#all.clear();
    this.#size = 0;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  #renew(held: T): void {
    held.isUsed = false;
    this.#all.delete(held);
    this.#all.add(held);
  }
}
