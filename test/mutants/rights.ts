import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a thread is seen where its namespace is',
    file: 'src/nouns/namespaces/model.ts',
    edits: [["  seenWith: { noun: namespaces, field: 'namespaceId' },\n", '']],
    tests: ['test/threads.test.ts'],
  },
  {
    breaks: 'conflicting_id names a thing to who may read such alone',
    file: 'src/resource/noun.ts',
    edits: [[':read`) && canSee(', ':read`) || canSee(']],
    tests: ['test/rest/conflicting-id.test.ts'],
  },
  {
    breaks: 'a body that comes late is taken from who may still send it',
    file: 'src/process/admission.ts',
    edits: [['chain(isStill ? principal : authenticate', 'chain(true ? principal : authenticate']],
    tests: ['test/http/revoked-meanwhile.test.ts'],
  },
  {
    breaks: 'whoever has waited for work claims by the rights of now',
    file: 'src/nouns/work-items/claim.ts',
    edits: [["  if (!principal) throw fault('AUTHENTICATION_FAILED');\n", '  if (!principal) return ctx;\n']],
    tests: ['test/http/revoked-meanwhile.test.ts'],
  },
  {
    breaks: 'deliveries tell of a private namespace only who sees it',
    file: 'src/nouns/webhook-deliveries/model.ts',
    edits: [['    privateTo: event.privateTo,\n', '    privateTo: null,\n']],
    tests: ['test/webhooks/delivery.test.ts'],
  },
  {
    breaks: 'workspaces that a token names already are not looked for again',
    file: 'src/nouns/tokens/repository.ts',
    edits: [['if (!known?.includes(id)) await needReference', 'await needReference']],
    tests: ['test/nouns/tokens.test.ts'],
  },
  {
    breaks: 'the audit tells of a private namespace only who sees it',
    file: 'src/resource/audit.ts',
    edits: [['privateTo: noun.hides?.privateTo(doc) ?? null', 'privateTo: null']],
    tests: ['test/rest/resources.test.ts'],
  },
  {
    breaks: 'a change leaves no token without role, permissions and member',
    file: 'src/nouns/tokens/repository.ts',
    edits: [['      checkHolds(doc, input);\n', '']],
    tests: ['test/rest/rights.test.ts'],
  },
  {
    breaks: "a token's list stands in the place of its role's",
    file: 'src/nouns/tokens/rights.ts',
    edits: [
      ['const own = token.permissions ?? role?.permissions', 'const own = role?.permissions ?? token.permissions'],
    ],
    tests: ['test/rest/rights.test.ts'],
  },
  {
    breaks: 'a built-in role allows what the program says, whatever an older one stored',
    file: 'src/nouns/roles/model.ts',
    edits: [['    read: withTodaysPermissions,\n', '']],
    tests: ['test/rest/built-in-roles.test.ts'],
  },
  {
    breaks: "the ETag of a built-in role moves with the program's list",
    file: 'src/resource/version.ts',
    edits: [['edition ? `-', 'false ? `-']],
    tests: ['test/rest/built-in-roles.test.ts'],
  },
  {
    breaks: 'nobody gives words that they lack',
    file: 'src/resource/grants.ts',
    edits: [['  if (missing !== null) throw forbidden(missing);\n', '']],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: 'nobody gives rights in workspaces that they do not see',
    file: 'src/resource/grants.ts',
    edits: [['own !== null && !workspaceIds', 'own === undefined && !workspaceIds']],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: 'an edited role gives its holders no more than the editor has',
    file: 'src/nouns/roles/repository.ts',
    edits: [
      ["      if (gives) checkGrant(ctx, 'roles:update', { permissions: doc.permissions, workspaceIds: null });\n", ''],
    ],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: "a member's new role is no more than the giver has",
    file: 'src/nouns/members/repository.ts',
    edits: [["      checkGrant(ctx, 'members:update', { permissions: role.permissions, workspaceIds: null });\n", '']],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: 'whoever rotates a token learns no more than they may do',
    file: 'src/nouns/tokens/repository.ts',
    edits: [["    checkGrant(ctx, 'tokens:update', { permissions, workspaceIds: before.workspaceIds });\n", '']],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: 'the tokens of a removed member die',
    file: 'src/access/authenticate.ts',
    edits: [['  if (token.memberId !== null && !member) return null;\n', '']],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: 'a token never has more than the member that it acts as',
    file: 'src/nouns/tokens/rights.ts',
    edits: [['memberRole ? intersect(own, memberRole.permissions) : [...own]', '[...own]']],
    tests: ['test/rest/grants.test.ts'],
  },
  {
    breaks: 'an expired token is not revived by who may do less',
    file: 'src/nouns/tokens/repository.ts',
    edits: [['    later ||\n', '']],
    tests: ['test/rest/rights.test.ts'],
  },
  {
    breaks: 'nobody learns by a token what another keeps private',
    file: 'src/resource/grants.ts',
    edits: [['  if (opens && !insiders', '  if (!opens && !insiders']],
    tests: ['test/rest/rights.test.ts'],
  },
];
