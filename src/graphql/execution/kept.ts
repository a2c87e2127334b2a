import { UNREAD } from './direct.ts';
import type { Selection } from './plan.ts';
import type { Answer } from './shape.ts';

/** Fields of answers that are kept; twice as many before what nobody has asked for again is forgotten. */
const KEPT_MAX = 200_000;
/** Answers of fewer fields are made, and written, as fast as they are found. */
const FIELDS_MIN = 4;

type Answers = WeakMap<Selection, WeakMap<object, Answer>>;
let young: Answers = new WeakMap();
let old: Answers = new WeakMap();
let size = 0;

/**
 * The answer of an object that never changes, where all that is asked for is read off it: the same each time, for whoever
 * asks, and frozen. Null where more is to be done for it. The store freezes what it keeps, all of it, and gives another
 * object once there is another version: so nothing here is ever out of date.
 */
export function keptAnswer(selection: Selection, source: object): Answer | null {
  const known = young.get(selection)?.get(source);
  // Whose answer is kept was frozen then and still is: to ask costs a look at each of its properties.
  if (known) return known;
  const answer = old.get(selection)?.get(source) ?? (Object.isFrozen(source) ? readAll(selection, source) : null);
  if (answer) keep(selection, source, answer);
  return answer;
}

/** Whether there may be such answers. */
export function isKeepable({ fields }: Pick<Selection, 'fields'>): boolean {
  return fields.length >= FIELDS_MIN && fields.every(({ read, isShown }) => read !== null && isShown !== null);
}

function readAll({ fields, shape }: Selection, source: object): Answer | null {
  const values = new Array<unknown>(fields.length);
  for (let at = 0; at < fields.length; at += 1) {
    const { read, isShown } = fields[at]!;
    const value = read!(source);
    if (value === UNREAD || !isShown!(value)) return null;
    values[at] = value;
  }
  return Object.freeze(shape(values));
}

function keep(selection: Selection, source: object, answer: Answer): void {
  if (size + selection.fields.length > KEPT_MAX) {
    old = young;
    young = new WeakMap();
    size = 0;
  }
  const own = young.get(selection) ?? new WeakMap<object, Answer>();
  young.set(selection, own.set(source, answer));
  size += selection.fields.length;
}
