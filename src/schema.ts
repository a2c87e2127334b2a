import './orgs/schema.ts';
import './workspaces/schema.ts';
import './apps/schema.ts';
import './environments/schema.ts';
import './namespaces/schema.ts';
import './models/schema.ts';
import './provider-accounts/schema.ts';
import './model-entitlements/schema.ts';
import './router-policies/schema.ts';
import './members/schema.ts';
import './roles/schema.ts';
import './tokens/schema.ts';
import './audit/schema.ts';
import './jobs/schema.ts';
import './decisions/schema.ts';
import './decisions/schema-explain.ts';
import './decisions/schema-usage.ts';
import type { GraphQLObjectType } from 'graphql';
import { builder } from './builder.ts';
import type { Connection } from './paging.ts';

/** The whole graph; importing it opens nothing. */
export const schema = builder.toSchema({ sortSchema: false });

// Both flags may be promises: a compiled operation awaits what a resolver answers, but not what a property holds.
const pageInfo = (schema.getType('PageInfo') as GraphQLObjectType<Connection<unknown>['pageInfo']>).getFields();
pageInfo.hasNextPage!.resolve = (page) => page.hasNextPage;
pageInfo.hasPreviousPage!.resolve = (page) => page.hasPreviousPage;
