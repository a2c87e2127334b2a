import { z } from 'zod';
import { INSTANT_WANTED, instantOf } from './instant.ts';
import { isName, NAME_WANTED } from './names.ts';

/** The kinds of fields that the nouns share. Descriptions go into the graph and the OpenAPI document alike. */

export function name(description: string) {
  return z
    .string()
    .min(1)
    .max(255)
    .refine(isName, NAME_WANTED)
    .meta({
      description: `${description} 1–255 characters, without white space at the ends (it is cut off), control characters, invisible characters and bidi controls.`,
      isName: true,
    });
}

export function optionalText(description: string) {
  return z.string().nullable().optional().describe(description);
}

/** A moment that a caller gives. */
export function instant() {
  return z
    .string()
    .refine((text) => instantOf(text) !== null, INSTANT_WANTED)
    .meta({ format: 'date-time' });
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
