import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { need } from '../../resource/noun.ts';
import { replaceFields } from '../../resource/patch.ts';
import { update } from '../../resource/write.ts';
import { organizations, type updateOrganizationInput } from './model.ts';

export function updateOrganization(ctx: Context, input: z.output<typeof updateOrganizationInput>) {
  return update(
    ctx,
    organizations,
    () => need(ctx, organizations, input.orgId),
    input.expectedVersion,
    (before) => ({ doc: replaceFields(organizations, before, input) }),
    (organization) => ({ organization }),
  );
}
