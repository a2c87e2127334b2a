import type { z } from 'zod';
import { snake } from '../words/naming.ts';

/**
 * A zod schema read as a plain description. The same declaration gives the stored type, the GraphQL input, the REST
 * body with its pydantic-style answers, and the OpenAPI document; this is the one place that looks inside zod.
 */
export type Shape = Common & Specific;

type Specific =
  | { kind: 'string' | 'integer' | 'number' | 'boolean' | 'any' }
  | { kind: 'enum'; values: string[] }
  | { kind: 'list' | 'map'; item: Shape }
  | { kind: 'object'; fields: Record<string, Shape> };

export type ObjectShape = Extract<Shape, { kind: 'object' }>;
export type ListShape = Extract<Shape, { kind: 'list' | 'map' }>;

interface Common {
  nullable: boolean;
  required: boolean;
  hasDefault: boolean;
  defaultValue?: unknown;
  description: string;
  minimum?: number;
  maximum?: number;
  /** What a text has to match, and which of JSON Schema's formats it has: told to programs, tried by the schema itself. */
  pattern?: string;
  format?: string;
  /** Fields of the resource's reply that a body may repeat and that are ignored. */
  readOnly: readonly string[];
  /** White space at the ends is cut off before anything else is looked at. */
  isName: boolean;
  schema: z.ZodType;
  /** Whether the schema has rules of its own beyond type and bounds. */
  hasRules: boolean;
}

interface Check {
  check: string;
  minimum?: number;
  maximum?: number;
  value?: number;
  pattern?: RegExp;
}

/** What zod keeps of a schema, as far as it is read here. */
type Def = { checks?: { _zod: { def: Check } }[] } & (
  | { type: 'optional'; innerType: z.ZodType }
  | { type: 'nullable'; innerType: z.ZodType }
  | { type: 'default'; innerType: z.ZodType; defaultValue: unknown }
  | { type: 'array'; element: z.ZodType }
  | { type: 'record'; valueType: z.ZodType }
  | { type: 'object'; shape: Record<string, z.ZodType> }
  | { type: 'enum'; entries: Record<string, string> }
  | { type: 'string' | 'number' | 'boolean' | 'unknown' }
);
interface Meta {
  description?: string;
  readOnly?: readonly string[];
  isName?: boolean;
  format?: string;
}
type Inner = Exclude<Def, { innerType: z.ZodType }>;

const shapes = new WeakMap<z.ZodType, Shape>();

export function shapeOf(schema: z.ZodType): Shape {
  let shape = shapes.get(schema);
  if (!shape) {
    shape = read(schema);
    shapes.set(schema, shape);
  }
  return shape;
}

/** The fields of what is declared as an object. */
export function fieldsOf(schema: z.ZodType): Record<string, Shape> {
  const shape = shapeOf(schema);
  if (shape.kind !== 'object') throw new Error(`a ${shape.kind} has no fields`);
  return shape.fields;
}

function read(schema: z.ZodType): Shape {
  const def = schema._zod.def as unknown as Def;
  const meta = schema.meta() as Meta | undefined;
  const inner = (innerType: z.ZodType, change: Partial<Common>): Shape => {
    const shape = shapeOf(innerType);
    return { ...shape, ...change, description: meta?.description ?? shape.description };
  };
  if (def.type === 'optional') return inner(def.innerType, { required: false });
  if (def.type === 'nullable') return inner(def.innerType, { nullable: true });
  if (def.type === 'default')
    return inner(def.innerType, { required: false, hasDefault: true, defaultValue: def.defaultValue });
  const base: Common = {
    nullable: false,
    required: true,
    hasDefault: false,
    description: meta?.description ?? '',
    readOnly: meta?.readOnly ?? [],
    isName: meta?.isName ?? false,
    schema,
    hasRules: (def.checks ?? []).some(({ _zod }) => RULES.includes(_zod.def.check)),
    ...(meta?.format === undefined ? {} : { format: meta.format }),
  };
  return { ...base, ...specifics(schema, def) };
}

/** Checks that are tried by zod, not by the walk itself: rules in words, and patterns. */
const RULES = ['custom', 'string_format'];

function specifics(schema: z.ZodType, def: Inner): Partial<Common> & Specific {
  const bounds = boundsOf(def);
  switch (def.type) {
    case 'string':
      return { kind: 'string', ...bounds };
    case 'number':
      return { kind: (schema as z.ZodNumber).isInt ? 'integer' : 'number', ...bounds };
    case 'boolean':
      return { kind: 'boolean' };
    case 'enum':
      return { kind: 'enum', values: Object.values(def.entries) };
    case 'array':
      return { kind: 'list', item: shapeOf(def.element), ...bounds, hasRules: (def.checks ?? []).length > 0 };
    case 'record':
      return { kind: 'map', item: shapeOf(def.valueType) };
    case 'object':
      return {
        kind: 'object',
        fields: Object.fromEntries(Object.entries(def.shape).map(([name, field]) => [name, shapeOf(field)])),
      };
    case 'unknown':
      return { kind: 'any', nullable: true };
    default:
      throw new Error(`a schema of type ${String((def as Def).type)} has no shape`);
  }
}

/** Without the slashes' escapes, which are JavaScript's alone: generators that write patterns in another language doubled them. */
function plain({ source }: RegExp): string {
  return source.replace(/\\(.)/gs, (pair, character: string) => (character === '/' ? character : pair));
}

function boundsOf(def: Def): Pick<Common, 'minimum' | 'maximum' | 'pattern'> {
  const bounds: Pick<Common, 'minimum' | 'maximum' | 'pattern'> = {};
  for (const { _zod } of def.checks ?? []) {
    const { check, minimum, maximum, value, pattern } = _zod.def;
    if (check === 'min_length') bounds.minimum = minimum;
    if (check === 'max_length') bounds.maximum = maximum;
    if (check === 'greater_than') bounds.minimum = value;
    if (check === 'less_than') bounds.maximum = value;
    if (pattern) bounds.pattern = plain(pattern);
  }
  return bounds;
}

/**
 * The code's path into a value (`match.endpointType`) in the spelling of REST documents: names of fields are respelled,
 * keys of maps and of free-form values are the caller's own.
 */
export function wirePath(shape: Shape | undefined, path: (string | number)[]): (string | number)[] {
  const [part, ...rest] = path;
  if (part === undefined || !shape) return path;
  if (shape.kind === 'list' || shape.kind === 'map') return [part, ...wirePath(shape.item, rest)];
  const field = shape.kind === 'object' && Object.hasOwn(shape.fields, part) ? shape.fields[part] : undefined;
  return field ? [snake(String(part)), ...wirePath(field, rest)] : path;
}
