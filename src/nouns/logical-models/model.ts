import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import { listOf } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, flag, flagOr, id, name, optionalText, within } from '../../validation/fields.ts';

export interface Target {
  providerAccountId: string;
  upstreamModel: string;
  weight: number;
  enabled: boolean;
}

export interface LogicalModel extends Doc {
  name: string;
  description: string | null;
  category: 'chat' | 'embedding' | 'image' | 'audio';
  capabilities: string[];
  targets: Target[];
  fallback: string | null;
  enabled: boolean;
}

/** Its id is the slug that the org chose. */
export const logicalModels = defineNoun<LogicalModel>({
  type: 'LogicalModel',
  resource: 'logical_model',
  permission: 'models',
  referredAs: 'model',
  collection: {
    name: 'models',
    first: {
      name: '',
      description: null,
      category: 'chat',
      capabilities: [],
      targets: listOf<Target>({ providerAccountId: '', upstreamModel: '', weight: 1, enabled: true }),
      fallback: null,
      enabled: true,
    },
    columns: ['enabled', 'category'],
    totals: [[], ['enabled']],
    refs: [
      { to: 'model', ids: (doc) => [doc.fallback] },
      { to: 'account', ids: (doc) => doc.targets.map((target) => target.providerAccountId) },
    ],
  },
});

const SLUG = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/;
export const slug = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => SLUG.test(text), 'a slug holds letters, digits and . _ : @ - and begins with a letter or digit')
  .describe('The slug by which policies and entitlements name it: 1–128 letters, digits, . _ : @ -');

const CATEGORY = 'What the model makes.';
const category = z.enum(['chat', 'embedding', 'image', 'audio']);
const target = z
  .object({
    providerAccountId: id('The account that serves it.'),
    upstreamModel: id("The provider's own name of the model."),
    weight: z.int().min(1).max(1000).default(1).describe('Its share of the draws among the targets.'),
    enabled: flagOr(true, 'Whether it is drawn.'),
  })
  .describe('One way to serve a logical model.');

const optional = {
  description: optionalText('What it is good for.'),
  capabilities: z
    .array(z.enum(['streaming', 'tools', 'vision', 'json']))
    .optional()
    .describe('What it can do.'),
  targets: z
    .array(target)
    .max(100, 'a model has at most 100 targets')
    .optional()
    .describe('Where it is served; at most 100.'),
  fallback: optionalText('The logical model to try next.'),
};
const READ_ONLY = ['orgId', 'createdAt', 'updatedAt', 'createdBy'];

export const createLogicalModelBody = z
  .object({
    logicalModelId: slug,
    name: name('The name.'),
    category: category.describe(CATEGORY),
    ...optional,
    enabled: flagOr(true, 'Whether it routes.'),
  })
  .meta({ readOnly: READ_ONLY });
export const updateLogicalModelBody = z
  .object({
    name: name('The name.').optional(),
    category: category.optional().describe(CATEGORY),
    ...optional,
    enabled: flag('Whether it routes.'),
  })
  .meta({ readOnly: ['logicalModelId', ...READ_ONLY] });

const which = { logicalModelId: z.string().describe('The slug.'), expectedVersion };
export const createLogicalModelInput = createLogicalModelBody.extend(within);
export const updateLogicalModelInput = updateLogicalModelBody.extend({ ...within, ...which });
export const deleteLogicalModelInput = z.object({ ...within, ...which });
