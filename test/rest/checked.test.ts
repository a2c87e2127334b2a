import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { schema } from '../../src/catalog/graph.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { compileRow, rootFieldOf } from '../../src/rest/compile.ts';
import type { Row } from '../../src/rest/row.ts';

const mutations = rows.filter((row) => rootFieldOf(schema, row).extensions.input !== undefined && row.body);
const compile = (row: Row) => compileRow(schema, row, rows);

describe('a body that lets pass what the graph would not is refused at start', () => {
  test.each(mutations)('$operationId', (row) => {
    expect(() => compile(row)).not.toThrow();
    const { shape } = row.body as z.ZodObject;
    for (const name of Object.keys(shape)) {
      const looser = z.object({ ...shape, [name]: z.unknown() });
      expect(() => compile({ ...row, body: looser }), name).toThrow(row.operationId);
    }
    const stranger = z.object({ ...shape, stranger: z.string().optional() });
    expect(() => compile({ ...row, body: stranger })).toThrow('stranger');
  });
});
