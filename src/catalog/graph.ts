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
import { builder } from './builder.ts';

/** The whole graph; importing it opens nothing. */
export const schema = builder.toSchema({ sortSchema: false });
