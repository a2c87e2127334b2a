import { appRows } from '../nouns/apps/rest.ts';
import { auditRows } from '../nouns/audit-events/rest.ts';
import { decisionRows } from '../nouns/decisions/rest.ts';
import { environmentRows } from '../nouns/environments/rest.ts';
import { eventRows } from '../nouns/events/rest.ts';
import { jobRows } from '../nouns/jobs/rest.ts';
import { logicalModelRows } from '../nouns/logical-models/rest.ts';
import { memberRows } from '../nouns/members/rest.ts';
import { modelEntitlementRows } from '../nouns/model-entitlements/rest.ts';
import { namespaceRows } from '../nouns/namespaces/rest.ts';
import { organizationRows } from '../nouns/orgs/rest.ts';
import { providerAccountRows } from '../nouns/provider-accounts/rest.ts';
import { roleRows } from '../nouns/roles/rest.ts';
import { routerPolicyRows } from '../nouns/router-policies/rest.ts';
import { tokenRows } from '../nouns/tokens/rest.ts';
import { webhookDeliveryRows } from '../nouns/webhook-deliveries/rest.ts';
import { webhookRows } from '../nouns/webhooks/rest.ts';
import { workItemRows } from '../nouns/work-items/rest.ts';
import { workspaceRows } from '../nouns/workspaces/rest.ts';
import type { Row } from '../rest/row.ts';

/**
 * Every noun, a line each: with its operations of the REST API come its part of the graph and what it stores. Nothing else
 * lists them.
 */
export const rows: readonly Row[] = [
  ...organizationRows,
  ...workspaceRows,
  ...appRows,
  ...environmentRows,
  ...namespaceRows,
  ...modelEntitlementRows,
  ...logicalModelRows,
  ...providerAccountRows,
  ...routerPolicyRows,
  ...memberRows,
  ...roleRows,
  ...tokenRows,
  ...auditRows,
  ...eventRows,
  ...webhookRows,
  ...webhookDeliveryRows,
  ...jobRows,
  ...workItemRows,
  ...decisionRows,
];
