import { intersect } from '../../resource/permissions.ts';
import type { Member } from '../members/model.ts';
import type { Role } from '../roles/model.ts';
import type { Token } from './model.ts';

/** What a token is made of, read together. */
export interface TokenParts {
  token: Pick<Token, 'permissions' | 'memberId'>;
  role: Role | null;
  member: Member | null;
  memberRole: Role | null;
}

/** What a token may do now: its own list, which stands in the place of its role's, else its role's; never more than its member. */
export function rightsOf({ token, role, memberRole }: TokenParts): string[] {
  const own = token.permissions ?? role?.permissions ?? memberRole?.permissions ?? [];
  return memberRole ? intersect(own, memberRole.permissions) : [...own];
}
