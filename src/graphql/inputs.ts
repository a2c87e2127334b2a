import type { InputRef } from '@pothos/core';
import type { z } from 'zod';
import { fieldsOf, type Shape, shapeOf } from '../validation/shape.ts';
import { pascal } from '../words/naming.ts';
import { builder } from './builder.ts';

const inputs = new Map<z.ZodType, InputRef<unknown>>();

/** The GraphQL input of a zod object: the same fields, descriptions and required-ness; lengths and ranges stay with zod. */
export function inputFrom(name: string, schema: z.ZodType): InputRef<unknown> {
  let input = inputs.get(schema);
  if (!input) {
    const shape = shapeOf(schema);
    input = builder.inputType(name, {
      description: shape.description || `The input of ${name.replace(/Input$/, '')}.`,
      fields: (t) =>
        Object.fromEntries(
          Object.entries(fieldsOf(schema)).map(([field, item]) => [
            field,
            t.field({
              type: typeOf(name.replace(/Input$/, '') + pascal(field), item) as never,
              required: (item.required && !item.nullable) as never,
              description: item.description + defaultOf(item),
            }),
          ]),
        ) as never,
    }) as InputRef<unknown>;
    inputs.set(schema, input);
  }
  return input;
}

/** Ids are of the type ID wherever they are given: a variable `$app: ID!` fits every one. */
function typeOf(name: string, shape: Shape): unknown {
  if (shape.kind === 'string' && name.endsWith('Id')) return 'ID';
  if (shape.kind === 'list' && name.endsWith('Ids')) return ['ID'];
  switch (shape.kind) {
    case 'integer':
      return 'SafeInt';
    case 'number':
      return 'Float';
    case 'boolean':
      return 'Boolean';
    case 'list':
      return [typeOf(name, shape.item)];
    case 'map':
    case 'any':
      return 'JSONObject';
    case 'object':
      return inputFrom(`${name}Input`, shape.schema);
    default:
      return 'String';
  }
}

function defaultOf(shape: Shape): string {
  const values = shape.kind === 'enum' ? ` One of ${shape.values.map((value) => `\`${value}\``).join(', ')}.` : '';
  return (
    values + (shape.hasDefault && shape.kind !== 'object' ? ` By default ${JSON.stringify(shape.defaultValue)}.` : '')
  );
}

/** An enum of the graph whose values are the documented words. */
export function enumType(name: string, description: string, values: Record<string, string>) {
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(Object.entries(values).map(([value, text]) => [value, { description: text }])),
  });
}
