/** What is kept, how much of the room it takes, and whether anybody has asked for it since it was last passed. */
export interface Held {
  readonly size: number;
  isUsed: boolean;
}

/**
 * Keeps what there is room for. Whoever is asked for is only marked, so that to find a thing moves nothing; where room is needed, a
 * hand passes over all of them in turn and lets go of the first that nobody has asked for since it passed before.
 */
export class SecondChance<T extends Held> {
  readonly #room: number;
  readonly #drop: (held: T) => void;
  readonly #all = new Set<T>();
  #hand = this.#all.values();
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
    while (this.#size > this.#room) this.#pass();
  }

  remove(held: T): void {
    this.#all.delete(held);
    this.#size -= held.size;
    this.#drop(held);
  }

  /** Lets go of all, and tells nobody. */
  clear(): void {
    this.#all.clear();
    this.#hand = this.#all.values();
    this.#size = 0;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  #pass(): void {
    const { value, done } = this.#hand.next();
    if (done) this.#hand = this.#all.values();
    else if (value.isUsed) value.isUsed = false;
    else this.remove(value);
  }
}
