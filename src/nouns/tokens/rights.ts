import { intersect } from '../../resource/permissions.ts';
import type { Store } from '../../store/store.ts';
import { type Member, members } from '../members/model.ts';
import { type Role, roles } from '../roles/model.ts';
import type { Token } from './model.ts';

/** What a token is made of, read together. */
export interface TokenParts {
  token: Pick<Token, 'permissions' | 'memberId'>;
  role: Role | null;
  member: Member | null;
  memberRole: Role | null;
}

/** As they are stored now; a role or member that is gone is null. */
export async function partsOf(store: Store, token: Token): Promise<TokenParts> {
  const { orgId, roleId, memberId } = token;
  const roleOf = (id: string) => store.get(roles.collection, { orgId, id });
  const role = roleId === null ? null : await roleOf(roleId);
  const member = memberId === null ? null : await store.get(members.collection, { orgId, id: memberId });
  return { token, role, member, memberRole: member && (await roleOf(member.roleId)) };
}

/** What a token may do now: its own list, which stands in the place of its role's, else its role's; never more than its member. */
export function rightsOf({ token, role, memberRole }: TokenParts): string[] {
  const own = token.permissions ?? role?.permissions ?? memberRole?.permissions ?? [];
  return memberRole ? intersect(own, memberRole.permissions) : [...own];
}
