import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { copied } from '../words/copied.ts';
import { type Issue, valueError } from '../words/errors.ts';
import { snake } from '../words/naming.ts';
import { DEPTH_MAX, Issues } from './issues.ts';
import { trimWhite } from './names.ts';
import { boundsIssue, type Checked, checkBoolean, checkEnum, checkInteger, checkNumber } from './scalars.ts';
import { type ListShape, type ObjectShape, type Shape, shapeOf, wirePath } from './shape.ts';

export interface WalkOptions {
  /** How the input writes the names of fields; free-form maps keep their keys either way. */
  naming: 'snake' | 'camel';
  /** The stored document that the input changes: what repeats a field of it stays as it is, though the rules of today would change or refuse it. */
  kept?: unknown;
}

export interface Walked<T> {
  value: T;
  issues: Issue[];
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Checks an input against a schema and answers the value (defaults applied) and every issue, in field order. */
export function walk<S extends z.ZodType>(
  schema: S,
  input: unknown,
  loc: (string | number)[],
  options: WalkOptions,
): Walked<z.output<S>> {
  const walker = new Walker(options.naming);
  const value = walker.field(shapeOf(schema), input, loc, 1, options.kept);
  return { value: value as z.output<S>, issues: walker.issues.list };
}

/** What holds for every value wherever it is: whole text, exact numbers, no names that change prototypes, bounded depth. */
function scan(value: unknown, loc: (string | number)[], issues: Issues, depth = 1): void {
  const issue = strictIssue(value, loc, issues) ?? depthIssue(value, loc, depth);
  if (issue) return issues.add(issue);
  if (Array.isArray(value)) value.forEach((item, at) => scan(item, [...loc, at], issues, depth + 1));
  else if (isObject(value))
    for (const [key, item] of Object.entries(value)) {
      const keyIssue = keyProblem(key, item, [...loc, key]);
      if (keyIssue) issues.add(keyIssue);
      else scan(item, [...loc, key], issues, depth + 1);
    }
}

class Walker {
  readonly issues = new Issues();
  readonly #naming: WalkOptions['naming'];

  constructor(naming: WalkOptions['naming']) {
    this.#naming = naming;
  }

  field(shape: Shape, input: unknown, loc: (string | number)[], depth: number, kept?: unknown): unknown {
    if (input === null && shape.nullable) return null;
    if (kept != null && shape.kind !== 'object' && isSame(shape, input, kept, this.#naming)) return kept;
    const deep = depthIssue(input, loc, depth);
    if (deep) return this.#add(deep);
    const before = this.issues.list.length;
    const value = this.#typed(shape, input, loc, depth, kept);
    return this.issues.list.length === before ? this.#ruled(shape, value, input, loc) : value;
  }

  #typed(shape: Shape, input: unknown, loc: (string | number)[], depth: number, kept: unknown): unknown {
    switch (shape.kind) {
      case 'object':
        return this.#object(shape, input, loc, depth, kept);
      case 'list':
        if (!Array.isArray(input))
          return this.#add({ type: 'list_type', loc, msg: 'Input should be a valid list', input });
        return input.map((item, at) => this.field(shape.item, item, [...loc, at], depth + 1));
      case 'map':
        return this.#map(shape, input, loc, depth);
      case 'any':
        scan(input, loc, this.issues, depth);
        return input;
      default:
        return this.#scalar(shape, input, loc);
    }
  }

  #object(shape: ObjectShape, input: unknown, loc: (string | number)[], depth: number, kept: unknown): unknown {
    if (!isObject(input)) {
      const msg = 'Input should be a valid dictionary or object to extract fields from';
      return this.#add({ type: 'model_attributes_type', loc, msg, input });
    }
    const value: Record<string, unknown> = {};
    const known = new Set<string>();
    const before = isObject(kept) ? kept : {};
    for (const [name, field] of Object.entries(shape.fields)) {
      const wire = wireName(name, this.#naming);
      known.add(wire);
      if (Object.hasOwn(input, wire) && input[wire] !== undefined)
        value[name] = this.field(field, input[wire], [...loc, wire], depth + 1, before[name]);
      else if (field.hasDefault) value[name] = copied(field.defaultValue);
      else if (field.required) this.#add({ type: 'missing', loc: [...loc, wire], msg: 'Field required', input });
    }
    this.#others(shape, input, known, loc, depth);
    return value;
  }

  /** Names that are not fields: those of the reply are ignored, all others refused. */
  #others(
    shape: Shape,
    input: Record<string, unknown>,
    known: Set<string>,
    loc: (string | number)[],
    depth: number,
  ): void {
    const ignored = new Set(shape.readOnly.map((name) => wireName(name, this.#naming)));
    for (const [name, item] of Object.entries(input)) {
      if (known.has(name) || item === undefined) continue;
      if (ignored.has(name)) scan(item, [...loc, name], this.issues, depth + 1);
      else
        this.#add({ type: 'extra_forbidden', loc: [...loc, name], msg: 'Extra inputs are not permitted', input: item });
    }
  }

  #map(shape: ListShape, input: unknown, loc: (string | number)[], depth: number): unknown {
    if (!isObject(input))
      return this.#add({ type: 'dict_type', loc, msg: 'Input should be a valid dictionary', input });
    const value: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(input)) {
      const issue = keyProblem(key, item, [...loc, key]);
      if (issue) this.#add(issue);
      else value[key] = this.field(shape.item, item, [...loc, key], depth + 1);
    }
    return value;
  }

  #scalar(shape: Shape, input: unknown, loc: (string | number)[]): unknown {
    const wordless = wordlessIssue(shape, input, loc, this.issues);
    if (wordless) return this.#add(wordless);
    const checked = checkScalar(shape, input, loc);
    if ('issue' in checked) return this.#add(checked.issue);
    const value = shape.isName ? trimWhite(checked.value as string) : checked.value;
    // What pydantic refuses is refused in its words; only what it takes can be too much for us.
    const issue = boundsIssue(shape, value, input, loc) ?? strictIssue(value, loc, this.issues);
    return issue ? this.#add({ ...issue, input }) : value;
  }

  /** The schema's own rules (zod refinements), which run where everything inside has its type and holds its bounds. */
  #ruled(shape: Shape, value: unknown, input: unknown, loc: (string | number)[]): unknown {
    if (!shape.hasRules) return value;
    const result = shape.schema.safeParse(value);
    for (const issue of result.success ? [] : result.error.issues) {
      const own = issue.path as (string | number)[];
      const path = this.#naming === 'camel' ? own : wirePath(shape, own);
      this.#add(valueError([...loc, ...path], issue.message, path.length ? at(input, path) : input));
    }
    return value;
  }

  #add(issue: Issue): undefined {
    this.issues.add(issue);
    return undefined;
  }
}

function wireName(name: string, naming: WalkOptions['naming']): string {
  return naming === 'snake' ? snake(name) : name;
}

/** Whether an input says what is stored, as replies show that. */
function isSame(shape: Shape, input: unknown, kept: unknown, naming: WalkOptions['naming']): boolean {
  if (shape.kind === 'list' && Array.isArray(input) && Array.isArray(kept))
    return input.length === kept.length && input.every((item, at) => isSame(shape.item, item, kept[at], naming));
  if (shape.kind !== 'object' || !isObject(input) || !isObject(kept)) return isDeepStrictEqual(input, kept);
  return Object.entries(shape.fields).every(([name, field]) =>
    isSame(field, input[wireName(name, naming)], kept[name], naming),
  );
}

function checkScalar(shape: Shape, input: unknown, loc: (string | number)[]): Checked {
  switch (shape.kind) {
    case 'integer':
      return checkInteger(input, loc);
    case 'number':
      return checkNumber(input, loc);
    case 'boolean':
      return checkBoolean(input, loc);
    case 'enum':
      return checkEnum(input, loc, shape.values);
    default:
      if (typeof input === 'string') return { value: input };
      return { issue: { type: 'string_type', loc, msg: 'Input should be a valid string', input } };
  }
}

/** What pydantic refuses in words that are not among ours: half a character in a scalar, an integer without an end. */
function wordlessIssue(shape: Shape, input: unknown, loc: (string | number)[], issues: Issues): Issue | null {
  if (typeof input === 'string' && shape.kind !== 'enum' && issues.faultOf(input, textFault) === SURROGATES)
    return valueError(loc, SURROGATES, input);
  const endless = shape.kind === 'integer' && typeof input === 'number' && !Number.isFinite(input);
  return endless ? tooLarge(loc, input) : null;
}

function strictIssue(value: unknown, loc: (string | number)[], issues: Issues): Issue | null {
  if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return tooLarge(loc, value);
  const fault = typeof value === 'string' ? issues.faultOf(value, textFault) : null;
  return fault ? valueError(loc, fault, value) : null;
}

function depthIssue(value: unknown, loc: (string | number)[], depth: number): Issue | null {
  if (depth > DEPTH_MAX && typeof value === 'object' && value !== null)
    return valueError(loc, `JSON may be nested at most ${DEPTH_MAX} levels deep`, null);
  return null;
}

const SURROGATES = 'text must not contain lone surrogates';

function textFault(text: string): string | null {
  if (!text.isWellFormed()) return SURROGATES;
  return text.includes('\0') ? 'text must not contain the character NUL' : null;
}

export function textIssue(text: string, loc: (string | number)[]): Issue | null {
  const fault = textFault(text);
  return fault ? valueError(loc, fault, text.toWellFormed()) : null;
}

function keyProblem(key: string, item: unknown, loc: (string | number)[]): Issue | null {
  if (FORBIDDEN_KEYS.has(key)) return valueError(loc, `the name ${key} is not allowed`, item);
  return textIssue(key, loc);
}

function tooLarge(loc: (string | number)[], input: unknown): Issue {
  return valueError(loc, 'numbers must lie within -(2^53 - 1) and 2^53 - 1', input);
}

function at(input: unknown, path: PropertyKey[]): unknown {
  return (
    path.reduce<unknown>(
      (value, part) =>
        isObject(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[part] : undefined,
      input,
    ) ?? null
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
