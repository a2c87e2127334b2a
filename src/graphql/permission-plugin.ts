import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { allows } from '../auth/permissions.ts';
import type { Context, Principal } from '../context.ts';
import { forbidden } from '../errors.ts';

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

/** The one test of a declared permission, for both doors. */
export function checkPermission(principal: Principal, { permission, unlimited }: PermissionExtensions): void {
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
      checkPermission((context as Context).principal, { permission, unlimited });
      return resolver(parent, args, context, info);
    };
  }
}

export const PERMISSION_PLUGIN = 'permission' as const;
SchemaBuilder.registerPlugin(PERMISSION_PLUGIN, PermissionPlugin);
