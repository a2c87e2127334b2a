import { z } from 'zod';

/** A filter of a list: all, where it is not given. */
export function only(what: string) {
  return z.string().nullable().optional().describe(`Only ${what}.`);
}

/** The query parameters that every list has. */
export function listQuery(limitMax: number) {
  return z.object({
    limit: z.int().min(1).max(limitMax).default(50).describe(`Maximum number of items to return (1-${limitMax})`),
    cursor: z.string().nullable().optional().describe("Cursor for pagination (from previous response's next_cursor)"),
  });
}
