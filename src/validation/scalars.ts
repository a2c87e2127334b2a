import type { Issue } from '../words/errors.ts';
import { trimWhite } from './names.ts';
import type { Shape } from './shape.ts';

type Loc = (string | number)[];
export type Checked = { value: unknown } | { issue: Issue };

/** Lax as pydantic is (`"1_000"` is 1000, `true` is 1, `"yes"` is true), exact in its words. */
export function checkInteger(input: unknown, loc: Loc): Checked {
  const issue = (type: string, msg: string): Checked => ({ issue: { type, loc, msg, input } });
  if (typeof input === 'boolean') return { value: Number(input) };
  if (typeof input === 'number') {
    if (Number.isInteger(input)) return { value: unsigned(input) };
    return issue('int_from_float', 'Input should be a valid integer, got a number with a fractional part');
  }
  if (typeof input !== 'string') return issue('int_type', 'Input should be a valid integer');
  const text = trimWhite(input);
  if (/^[+-]?\d+(_\d+)*(\.0+)?$/.test(text)) return { value: unsigned(Number(text.replaceAll('_', ''))) };
  return issue('int_parsing', 'Input should be a valid integer, unable to parse string as an integer');
}

export function checkNumber(input: unknown, loc: Loc): Checked {
  if (typeof input === 'boolean') return { value: Number(input) };
  if (typeof input === 'number') return { value: unsigned(input) };
  if (typeof input !== 'string')
    return { issue: { type: 'float_type', loc, msg: 'Input should be a valid number', input } };
  // Pydantic takes blanks around a number, and underscores in one, but not both.
  const text = input.includes('_') ? input : trimWhite(input);
  if (/^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+)?$/i.test(text))
    return { value: unsigned(Number(text.replaceAll('_', ''))) };
  const msg = 'Input should be a valid number, unable to parse string as a number';
  return { issue: { type: 'float_parsing', loc, msg, input } };
}

/** Zero has no sign: `-0` equals what is stored, and changes nothing. */
function unsigned(value: number): number {
  return value === 0 ? 0 : value;
}

const TRUE = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE = new Set(['0', 'false', 'f', 'no', 'n', 'off']);

export function checkBoolean(input: unknown, loc: Loc): Checked {
  if (typeof input === 'boolean') return { value: input };
  if (typeof input === 'string' || (Number.isInteger(input) && Math.abs(Number(input)) < 2 ** 63)) {
    const text = String(input).toLowerCase();
    if (TRUE.has(text)) return { value: true };
    if (FALSE.has(text)) return { value: false };
    const msg = 'Input should be a valid boolean, unable to interpret input';
    return { issue: { type: 'bool_parsing', loc, msg, input } };
  }
  return { issue: { type: 'bool_type', loc, msg: 'Input should be a valid boolean', input } };
}

/** `'a', 'b' or 'c'` */
function oneOf(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

export function checkEnum(input: unknown, loc: Loc, values: readonly string[]): Checked {
  if (typeof input === 'string' && values.includes(input)) return { value: input };
  const expected = oneOf(values);
  return { issue: { type: 'enum', loc, msg: `Input should be ${expected}`, input, ctx: { expected } } };
}

/** Bounds of numbers; a length of text counts characters (code points), as pydantic does. */
export function boundsIssue(shape: Shape, value: unknown, input: unknown, loc: Loc): Issue | null {
  const { minimum, maximum } = shape;
  if (typeof value === 'number') {
    if (minimum !== undefined && value < minimum && minimum > Number.MIN_SAFE_INTEGER)
      return bound('greater_than_equal', `greater than or equal to ${minimum}`, { ge: minimum }, input, loc);
    if (maximum !== undefined && value > maximum && maximum < Number.MAX_SAFE_INTEGER)
      return bound('less_than_equal', `less than or equal to ${maximum}`, { le: maximum }, input, loc);
  }
  if (typeof value === 'string') {
    const length = lengthOf(value, maximum ?? 0);
    if (minimum !== undefined && length < minimum)
      return textLength('too_short', 'at least', minimum, 'min_length', input, loc);
    if (maximum !== undefined && length > maximum)
      return textLength('too_long', 'at most', maximum, 'max_length', input, loc);
  }
  return null;
}

/** Characters, exactly where it matters: a text of more than twice as many code units as are allowed is too long anyway. */
function lengthOf(text: string, maximum: number): number {
  const isClear = text.length >= 2 && (text.length <= maximum || text.length > 2 * maximum);
  return isClear ? text.length : [...text].length;
}

function bound(type: string, words: string, ctx: Record<string, number>, input: unknown, loc: Loc): Issue {
  return { type, loc, msg: `Input should be ${words}`, input, ctx };
}

function textLength(type: string, words: string, length: number, key: string, input: unknown, loc: Loc): Issue {
  const msg = `String should have ${words} ${length} character${length === 1 ? '' : 's'}`;
  return { type: `string_${type}`, loc, msg, input, ctx: { [key]: length } };
}
