import { UNREAD } from './direct.ts';
import type { FieldPlan, Selection } from './plan.ts';
import { isPromise } from './promise.ts';
import type { Answer } from './shape.ts';

/** Fields of answers that are kept; twice as many before what nobody has asked for again is forgotten. */
const KEPT_MAX = 400_000;
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
  if (Object.isExtensible(source)) return null;
  const known = young.get(selection)?.get(source);
  // Whose answer is kept was frozen then and still is: to ask costs a look at each of its properties.
  if (known) return known;
  const answer = old.get(selection)?.get(source) ?? (Object.isFrozen(source) ? readAll(selection, source) : null);
  if (answer) keep(selection, source, answer);
  return answer;
}

/** Whether there may be such answers, as far as its own fields tell: of enough fields, or around one that is kept. */
export function isKeepable({ fields }: Pick<Selection, 'fields'>): boolean {
  const isEnough = fields.length >= FIELDS_MIN || fields.some(({ inner }) => inner !== null);
  return isEnough && fields.every(({ read, isShown, inner }) => read !== null && (isShown ?? inner) !== null);
}

function readAll(selection: Selection, source: object): Answer | null {
  const { fields, shape } = selection;
  if (!fields.every(({ inner }) => inner === null || inner()?.isKeepable)) {
    // So it is for every other object too.
    selection.isKeepable = false;
    return null;
  }
  const values = new Array<unknown>(fields.length);
  let at = 0;
  for (const field of fields) {
    const value = answerOf(field, source);
    if (value === UNREAD) return null;
    values[at] = value;
    at += 1;
  }
  return Object.freeze(shape(values));
}

/** What can be told by a look at the source. */
function answerOf({ read, isShown, inner }: FieldPlan, source: object): unknown {
  const value = read === null ? UNREAD : read(source);
  if (isShown !== null) return value !== UNREAD && isShown(value) ? value : UNREAD;
  const isObject = typeof value === 'object' && value !== null && !(value instanceof Error) && !isPromise(value);
  const selection = isObject ? inner?.() : null;
  return (isObject && selection && keptAnswer(selection, value)) || UNREAD;
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
