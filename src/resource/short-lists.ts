const MAX = 10_000;
/** A name holds what was searched for, of any length: what is longer is not worth its place. */
const NAME_MAX = 500;

/**
 * Lists that were whole on their first page when they were read last, so that the page told how many there are. Most lists
 * of most organizations are: whoever asks a server for a page and its total asks for the page alone then. A guess, which
 * costs one more exchange where the list has grown meanwhile.
 */
export class ShortLists {
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  note(name: string, isShort: boolean): void {
    if (name.length > NAME_MAX) return;
    if (!isShort) this.#names.delete(name);
    else if (this.#names.size < MAX || this.#names.has(name)) this.#names.add(name);
    else this.#names.clear();
  }
}
