import { z } from 'zod';

/** The kinds of fields that the nouns share. Descriptions go into the graph and the OpenAPI document alike. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export function name(description: string) {
  return z
    .string()
    .min(1)
    .max(255)
    .refine((text) => !CONTROL.test(text), 'names must not contain control characters')
    .describe(`${description} 1–255 characters, no control characters.`);
}

export function text(description: string) {
  return z.string().describe(description);
}

export function optionalText(description: string) {
  return z.string().nullable().optional().describe(description);
}

export function id(description: string) {
  return z.string().min(1).describe(description);
}

export function tagList() {
  return z
    .array(z.string())
    .optional()
    .describe('Free labels, in the order given; `key:value` tags feed the matching of policies.');
}

export function stringMap(description: string) {
  return z.record(z.string(), z.string()).optional().describe(description);
}

/** In a merge patch `null` removes a key. */
export function stringMapPatch(description: string) {
  return z.record(z.string(), z.string().nullable()).optional().describe(`${description} A key with null is removed.`);
}

export function freeMap(description: string) {
  return z.record(z.string(), z.unknown()).optional().describe(description);
}

export function flag(description: string) {
  return z.boolean().optional().describe(description);
}

export function flagOr(value: boolean, description: string) {
  return z.boolean().default(value).describe(description);
}

export const expectedVersion = z
  .int()
  .min(0)
  .nullable()
  .optional()
  .describe(
    'The version that the caller read; when the resource has moved on, PRECONDITION_FAILED answers and nothing changes.',
  );

/** Ids of what a mutation's target lies in: given, they are checked; absent, they follow from the target. */
export const within = {
  orgId: z.string().nullable().optional().describe('The organization; by default the one that the token acts in.'),
};
export const withinWorkspace = {
  ...within,
  workspaceId: z.string().nullable().optional().describe('The workspace that the target lies in; checked when given.'),
};
export const withinApp = {
  ...withinWorkspace,
  appId: z.string().nullable().optional().describe('The app that the target lies in; checked when given.'),
};
