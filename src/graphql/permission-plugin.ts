import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import type { Context, Principal } from '../resource/context.ts';
import { allows } from '../resource/permissions.ts';
import { forbidden, notFound } from '../words/errors.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      permission: PermissionPlugin<Types>;
    }
    export interface FieldOptions {
      /** What the caller must be allowed to do; the REST adapter reads the same declaration. */
      permission?: string;
      /** Whether a token that is limited to workspaces never has this permission. */
      unlimited?: boolean;
    }
  }
}

export interface PermissionExtensions {
  permission?: string;
  unlimited?: boolean;
}

/** The org that a field's arguments name, beside or inside its input. */
function orgIdOf(args: object): unknown {
  const { orgId, input } = args as { orgId?: unknown; input?: { orgId?: unknown } };
  return orgId ?? input?.orgId;
}

/**
 * The one test of a declared permission, for both doors. An org that is not the caller's is absent, before anything else
 * is looked at; in its own, the caller is told what it may not do.
 */
export function checkAccess(
  principal: Principal,
  { permission, unlimited }: PermissionExtensions,
  orgId: unknown,
): void {
  if (typeof orgId === 'string' && orgId !== principal.orgId) throw notFound('organization', orgId);
  if (permission === undefined) return;
  if (!allows(principal.permissions, permission) || (unlimited && principal.workspaceIds)) throw forbidden(permission);
}

/** Enforces `permission` of any field before its resolver runs, and shows it to the adapter as a field extension. */
class PermissionPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { permission, unlimited } = config.pothosOptions;
    return permission === undefined
      ? config
      : { ...config, extensions: { ...config.extensions, permission, unlimited } };
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const { permission, unlimited } = config.pothosOptions;
    if (permission === undefined) return resolver;
    return (parent, args, context, info) => {
      checkAccess((context as Context).principal, { permission, unlimited }, orgIdOf(args));
      return resolver(parent, args, context, info);
    };
  }
}

export const PERMISSION_PLUGIN = 'permission' as const;
SchemaBuilder.registerPlugin(PERMISSION_PLUGIN, PermissionPlugin);
