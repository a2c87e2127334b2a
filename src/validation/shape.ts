import type { z } from 'zod';
import { snake } from '../words/naming.ts';

/**
 * A zod schema read as a plain description. The same declaration gives the stored type, the GraphQL input, the REST
 * body with its pydantic-style answers, and the OpenAPI document; this is the one place that looks inside zod.
 */
export interface Shape {
  kind: 'string' | 'integer' | 'number' | 'boolean' | 'enum' | 'list' | 'map' | 'object' | 'any';
  nullable: boolean;
  required: boolean;
  hasDefault: boolean;
  defaultValue?: unknown;
  description: string;
  minimum?: number;
  maximum?: number;
  values?: string[];
  /** Of a list or a map. */
  item?: Shape;
  fields?: Record<string, Shape>;
  /** Fields of the resource's reply that a body may repeat and that are ignored. */
  readOnly: readonly string[];
  /** White space at the ends is cut off before anything else is looked at. */
  isName: boolean;
  schema: z.ZodType;
  /** Whether the schema has rules of its own beyond type and bounds. */
  hasRules: boolean;
}

interface Def {
  type: string;
  innerType?: z.ZodType;
  defaultValue?: unknown;
  element?: z.ZodType;
  valueType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  entries?: Record<string, string>;
  checks?: { _zod: { def: { check: string; minimum?: number; maximum?: number; value?: number } } }[];
}

const shapes = new WeakMap<z.ZodType, Shape>();

export function shapeOf(schema: z.ZodType): Shape {
  let shape = shapes.get(schema);
  if (!shape) {
    shape = read(schema);
    shapes.set(schema, shape);
  }
  return shape;
}

function read(schema: z.ZodType): Shape {
  const def = schema._zod.def as unknown as Def;
  const meta = schema.meta() as { description?: string; readOnly?: readonly string[]; isName?: boolean } | undefined;
  const inner = (change: Partial<Shape>): Shape => {
    const shape = { ...shapeOf(def.innerType!), ...change };
    return {
      ...shape,
      description: meta?.description ?? shape.description,
    };
  };
  if (def.type === 'optional') return inner({ required: false });
  if (def.type === 'nullable') return inner({ nullable: true });
  if (def.type === 'default') return inner({ required: false, hasDefault: true, defaultValue: def.defaultValue });
  const base: Shape = {
    kind: 'any',
    nullable: false,
    required: true,
    hasDefault: false,
    description: meta?.description ?? '',
    readOnly: meta?.readOnly ?? [],
    isName: meta?.isName ?? false,
    schema,
    hasRules: (def.checks ?? []).some((check) => check._zod.def.check === 'custom'),
  };
  return { ...base, ...specifics(schema, def) };
}

function specifics(schema: z.ZodType, def: Def): Partial<Shape> {
  const bounds = boundsOf(def);
  switch (def.type) {
    case 'string':
      return { kind: 'string', ...bounds };
    case 'number':
      return { kind: (schema as z.ZodNumber).isInt ? 'integer' : 'number', ...bounds };
    case 'boolean':
      return { kind: 'boolean' };
    case 'enum':
      return { kind: 'enum', values: Object.values(def.entries!) };
    case 'array':
      return { kind: 'list', item: shapeOf(def.element!), ...bounds, hasRules: (def.checks ?? []).length > 0 };
    case 'record':
      return { kind: 'map', item: shapeOf(def.valueType!) };
    case 'object':
      return {
        kind: 'object',
        fields: Object.fromEntries(Object.entries(def.shape!).map(([name, field]) => [name, shapeOf(field)])),
      };
    case 'unknown':
      return { kind: 'any', nullable: true };
    default:
      throw new Error(`a schema of type ${def.type} has no shape`);
  }
}

function boundsOf(def: Def): { minimum?: number; maximum?: number } {
  const bounds: { minimum?: number; maximum?: number } = {};
  for (const { _zod } of def.checks ?? []) {
    const { check, minimum, maximum, value } = _zod.def;
    if (check === 'min_length') bounds.minimum = minimum;
    if (check === 'max_length') bounds.maximum = maximum;
    if (check === 'greater_than') bounds.minimum = value;
    if (check === 'less_than') bounds.maximum = value;
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
  const field = shape.kind === 'object' && Object.hasOwn(shape.fields!, part) ? shape.fields![part] : undefined;
  return field ? [snake(String(part)), ...wirePath(field, rest)] : path;
}
