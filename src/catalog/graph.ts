import '../nouns/orgs/schema.ts';
import '../nouns/workspaces/schema.ts';
import '../nouns/apps/schema.ts';
import '../nouns/environments/schema.ts';
import '../nouns/namespaces/schema.ts';
import '../nouns/logical-models/schema.ts';
import '../nouns/provider-accounts/schema.ts';
import '../nouns/model-entitlements/schema.ts';
import '../nouns/router-policies/schema.ts';
import '../nouns/members/schema.ts';
import '../nouns/roles/schema.ts';
import '../nouns/tokens/schema.ts';
import '../nouns/audit-events/schema.ts';
import '../nouns/jobs/schema.ts';
import '../nouns/decisions/schema.ts';
import '../nouns/decisions/schema-explain.ts';
import '../nouns/decisions/schema-usage.ts';
import { builder } from '../graphql/builder.ts';

/** The whole graph; importing it opens nothing. */
export const schema = builder.toSchema({ sortSchema: false });
