const FIRST_MS = 10;
/** In commits: who has lost once waits for up to three of them, who loses again for more. */
const FIRST_PAUSE = 3;
const PAUSE_MAX = 12;
const PAUSE_MAX_MS = 250;

/**
 * How long a commit that was in another's way waits until it is made again: by how long commits take here, since who comes
 * back while the other is still being made loses again, and makes it longer for all.
 */
export class BackOff {
  #usualMs = FIRST_MS;

  took(ms: number): void {
    this.#usualMs += (ms - this.#usualMs) / 8;
  }

  pauseMs(lost: number, random: number): number {
    const commits = Math.min(PAUSE_MAX, FIRST_PAUSE * 2 ** (lost - 1));
    return random * Math.min(PAUSE_MAX_MS, commits * this.#usualMs);
  }
}
