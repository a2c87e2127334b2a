import type { Issue } from '../words/errors.ts';

const ISSUES_MAX = 1_000;
/** Characters of input that the issues of one check repeat in all: one long text may be wrong at a thousand places. */
export const ECHO_MAX = 4 * 1024 * 1024;
/** Levels of nested JSON. */
export const DEPTH_MAX = 32;
/** From this length on it is cheaper to know a text again than to look through it again. */
const LONG_TEXT = 1_000;

/** What a check finds: at most a thousand issues, which repeat what was sent as long as all of them stay readable. */
export class Issues {
  readonly list: Issue[] = [];
  #echoed = 0;
  readonly #faults = new Map<string, string | null>();
  readonly #weights = new WeakMap<object, number>();

  add(issue: Issue): void {
    if (this.list.length >= ISSUES_MAX) return;
    this.list.push({ ...issue, loc: whole(issue.loc) as Issue['loc'], input: this.#echo(issue.input) });
  }

  /** What is wrong with a text, looked for once: a variable of a document may stand at thousands of places. */
  faultOf(text: string, find: (text: string) => string | null): string | null {
    if (text.length < LONG_TEXT) return find(text);
    const known = this.#faults.get(text);
    if (known !== undefined) return known;
    const fault = find(text);
    this.#faults.set(text, fault);
    return fault;
  }

  /** An input nested deeper than is allowed is not repeated either: writing it as JSON could exhaust the stack. */
  #echo(input: unknown): unknown {
    const weight = this.#weigh(input);
    if (this.#echoed + weight > ECHO_MAX) return null;
    this.#echoed += weight;
    return whole(input);
  }

  /** About as many characters as it takes as JSON; without end where it is too deep. */
  #weigh(value: unknown, levels = DEPTH_MAX): number {
    if (typeof value === 'string') return value.length + 2;
    if (typeof value !== 'object' || value === null) return 8;
    if (levels === 0) return Number.POSITIVE_INFINITY;
    const known = levels === DEPTH_MAX ? this.#weights.get(value) : undefined;
    if (known !== undefined) return known;
    let weight = 2;
    for (const [key, item] of Object.entries(value)) weight += key.length + 4 + this.#weigh(item, levels - 1);
    if (levels === DEPTH_MAX) this.#weights.set(value, weight);
    return weight;
  }
}

/** What is told back is readable by everyone: strict readers of JSON refuse a document with half a character in it. */
function whole(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(whole);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), whole(item)]));
}
