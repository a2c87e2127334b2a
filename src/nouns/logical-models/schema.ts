import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listEdge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { naming, orgWide } from '../../resource/list.ts';
import { load } from '../../resource/noun.ts';
import { organizations } from '../orgs/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import {
  createLogicalModelInput,
  deleteLogicalModelInput,
  logicalModels,
  type Target,
  updateLogicalModelInput,
} from './model.ts';
import { createLogicalModel, deleteLogicalModel, updateLogicalModel } from './repository.ts';

const ModelCategory = enumType('ModelCategory', 'What a model makes.', {
  chat: 'Text in a conversation.',
  embedding: 'Vectors.',
  image: 'Pictures.',
  audio: 'Sound.',
});

const ModelTarget = builder.objectRef<Target>('ModelTarget').implement({
  description: 'One way to serve a logical model.',
  fields: (t) => ({
    providerAccountId: t.exposeString('providerAccountId', { description: 'The account that serves it.' }),
    upstreamModel: t.exposeString('upstreamModel', { description: "The provider's own name of the model." }),
    weight: t.exposeInt('weight', { description: 'Its share of the draws, 1–1000.' }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it is drawn.' }),
    providerAccount: t.field({
      type: refOf(providerAccounts),
      nullable: true,
      description: 'The account.',
      permission: 'provider_accounts:read',
      resolve: (target, _args, ctx) => load(ctx, providerAccounts, target.providerAccountId),
    }),
  }),
});

defineNode(logicalModels, 'A model by the name that the org gave it, whoever serves it.', (t) => ({
  logicalModelId: t.exposeString('id', { description: 'The slug.' }),
  orgId: t.exposeString('orgId', { description: 'The organization.' }),
  name: t.exposeString('name', { description: 'The name.' }),
  description: t.exposeString('description', { nullable: true, description: 'What it is good for.' }),
  category: t.expose('category', { type: ModelCategory, description: 'What it makes.' }),
  capabilities: t.exposeStringList('capabilities', { description: 'What it can do.' }),
  targets: t.expose('targets', { type: [ModelTarget], description: 'Where it is served.' }),
  fallback: t.exposeString('fallback', { nullable: true, description: 'The slug of the model to try next.' }),
  enabled: t.exposeBoolean('enabled', { description: 'Whether it routes.' }),
  organization: edge(t, organizations, 'The organization.', (model) => model.orgId),
  fallbackModel: edge(t, logicalModels, 'The model to try next.', (model) => model.fallback),
  fallbackOf: listEdge(t, logicalModels, 'The models whose fallback it is.', naming(logicalModels, 'models naming')),
}));

rootNode(logicalModels, 'logicalModel');
rootList(logicalModels, 'logicalModels', {
  description: 'The logical models of the organization.',
  list: orgWide('models'),
});

listOn(organizations, 'logicalModels', logicalModels, 'Its logical models.', orgWide('models'));
listOn(
  providerAccounts,
  'logicalModels',
  logicalModels,
  'The models that it serves.',
  naming(providerAccounts, 'models on'),
);

const payload = { logicalModel: { type: refOf(logicalModels), description: 'The model.' } };

mutation('createLogicalModel', {
  permission: 'models:create',
  description: 'Creates a logical model under a slug of your choice.',
  input: createLogicalModelInput,
  payload,
  resolve: createLogicalModel,
});

mutation('updateLogicalModel', {
  permission: 'models:update',
  description: 'Changes fields of a logical model, as a merge patch; `targets` is replaced as a whole.',
  input: updateLogicalModelInput,
  changes: { noun: logicalModels, id: 'logicalModelId' },
  payload,
  resolve: updateLogicalModel,
});

mutation('deleteLogicalModel', {
  permission: 'models:delete',
  description: 'Deletes a logical model that nothing names.',
  input: deleteLogicalModelInput,
  payload,
  resolve: deleteLogicalModel,
});
