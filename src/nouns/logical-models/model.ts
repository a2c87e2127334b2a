import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { expectedVersion, within } from '../../validation/fields.ts';

const SLUG = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/;
const slug = z
  .string()
  .min(1)
  .max(128)
  .regex(SLUG, 'a slug holds letters, digits and . _ : @ - and begins with a letter or digit')
  .describe('The slug by which policies and entitlements name it: 1–128 letters, digits, . _ : @ -');

const category = field.words('ModelCategory', 'What a model makes.', {
  chat: 'Text in a conversation.',
  embedding: 'Vectors.',
  image: 'Pictures.',
  audio: 'Sound.',
});

export const modelTarget = field.object('ModelTarget', 'One way to serve a logical model.', {
  providerAccountId: field.id('The account that serves it.'),
  upstreamModel: field.id("The provider's own name of the model."),
  weight: field.smallInteger(1, { min: 1, max: 1000 }, 'Its share of the draws among the targets.', {
    shown: 'Its share of the draws, 1–1000.',
  }),
  enabled: field.flag(true, 'Whether it is drawn.'),
});

const fields = {
  logicalModelId: field.chosenId(slug, 'The slug.'),
  orgId: field.org(),
  name: field.name('The name.'),
  category: field.word(category, 'chat', 'What the model makes.', { shown: 'What it makes.' }),
  description: field.optionalText('What it is good for.'),
  capabilities: field.textList(z.enum(['streaming', 'tools', 'vision', 'json']), 'What it can do.'),
  targets: field.objectList(
    modelTarget,
    { max: 100, message: 'a model has at most 100 targets' },
    'Where it is served; at most 100.',
    { shown: 'Where it is served.' },
  ),
  fallback: field.optionalText('The logical model to try next.', { shown: 'The slug of the model to try next.' }),
  enabled: field.flag(true, 'Whether it routes.'),
  ...field.authored,
};
export type LogicalModel = field.DocOf<typeof fields>;

/** Its id is the slug that the org chose. */
export const logicalModels = defineNoun(fields, {
  type: 'LogicalModel',
  resource: 'logical_model',
  permission: 'models',
  referredAs: 'model',
  collection: {
    name: 'models',
    stamped: true,
    kept: true,
    columns: ['enabled', 'category'],
    totals: [[], ['enabled']],
    refs: [
      { to: 'model', ids: (doc) => [doc.fallback] },
      { to: 'account', ids: (doc) => doc.targets.map((target) => target.providerAccountId) },
    ],
  },
});

const which = { logicalModelId: z.string().describe('The slug.'), expectedVersion };
export const createLogicalModelInput = logicalModels.bodies.create.extend(within);
export const updateLogicalModelInput = logicalModels.bodies.update.extend({ ...within, ...which });
export const deleteLogicalModelInput = z.object({ ...within, ...which });
