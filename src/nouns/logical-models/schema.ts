import { defineObject } from '../../graphql/expose.ts';
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
  modelTarget,
  updateLogicalModelInput,
} from './model.ts';
import { createLogicalModel, deleteLogicalModel, updateLogicalModel } from './repository.ts';

defineObject(modelTarget, {}, (t) => ({
  providerAccount: t.field({
    type: refOf(providerAccounts),
    nullable: true,
    description: 'The account.',
    permission: 'provider_accounts:read',
    resolve: (target, _args, ctx) => load(ctx, providerAccounts, target.providerAccountId),
  }),
}));

defineNode(logicalModels, 'A model by the name that the org gave it, whoever serves it.', (t) => ({
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
  changes: logicalModels,
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
