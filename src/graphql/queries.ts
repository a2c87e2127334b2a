import type { z } from 'zod';
import type { Context } from '../resource/context.ts';
import { walk } from '../validation/walk.ts';
import { invalid } from '../words/errors.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { inputFrom } from './inputs.ts';

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

interface InputQuery<S extends z.ZodType, T> {
  permission: string;
  description: string;
  /** The graph's type of the input, and what it says. */
  input: readonly [name: string, schema: S];
  type: PothosSchemaTypes.ObjectRef<Types, T>;
  resolve: (ctx: Context, input: z.output<S>) => Promise<T>;
}

/** A root query with one `input`, for questions of many words: checks permission, then fields, then answers. */
export function inputQuery<S extends z.ZodType, T>(name: string, options: InputQuery<S, T>): void {
  const [inputName, schema] = options.input;
  const resolve = async (_root: unknown, args: { input: unknown }, ctx: Context) => {
    const { value, issues } = walk(schema, args.input, ['input'], { naming: 'camel' });
    if (issues.length > 0) throw invalid(issues);
    return options.resolve(ctx, value);
  };
  builder.queryField(name, (t) =>
    t.field({
      type: options.type,
      nullable: true,
      description: options.description,
      permission: options.permission,
      args: {
        input: t.arg({ type: inputFrom(inputName, schema) as never, required: true, description: 'The request.' }),
      },
      resolve: resolve as never,
    }),
  );
}
