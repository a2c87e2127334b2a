import { appRows } from '../apps/rest.ts';
import { auditRows } from '../audit/rest.ts';
import { decisionRows } from '../decisions/rest.ts';
import { environmentRows } from '../environments/rest.ts';
import { jobRows } from '../jobs/rest.ts';
import { memberRows } from '../members/rest.ts';
import { modelEntitlementRows } from '../model-entitlements/rest.ts';
import { logicalModelRows } from '../models/rest.ts';
import { namespaceRows } from '../namespaces/rest.ts';
import { organizationRows } from '../orgs/rest.ts';
import { providerAccountRows } from '../provider-accounts/rest.ts';
import { roleRows } from '../roles/rest.ts';
import { routerPolicyRows } from '../router-policies/rest.ts';
import { tokenRows } from '../tokens/rest.ts';
import { workspaceRows } from '../workspaces/rest.ts';
import type { Row } from './row.ts';

/** Every operation of the REST API. */
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
  ...jobRows,
  ...decisionRows,
];
