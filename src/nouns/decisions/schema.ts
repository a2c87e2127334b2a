import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { COUNT, STRING_MAP } from '../../graphql/wire.ts';
import { orgWide } from '../../resource/list.ts';
import { type DecisionContext, type Hop, LEVELS, REFUSAL_CODES, type Refusal } from '../../routing/facts.ts';
import { logicalModels } from '../logical-models/model.ts';
import { organizations } from '../orgs/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { routerPolicies } from '../router-policies/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { decide } from './decide.ts';
import {
  type Decision as DecisionDoc,
  decideInput,
  decisions,
  ERROR_CLASSES,
  type Outcome,
  reportOutcomeInput,
  statusOf,
} from './model.ts';
import { reportOutcome } from './outcome.ts';

const described = (values: readonly string[], text: (value: string) => string) =>
  Object.fromEntries(values.map((value) => [value, text(value)]));
const words = (value: string) => value.toLowerCase().replaceAll('_', ' ');
export const RefusalCode = enumType(
  'DecisionRefusalCode',
  'Why a hop or a whole decision was refused.',
  described(REFUSAL_CODES, (code) => `Refused: ${words(code)}.`),
);
const RefusalLevel = enumType(
  'DecisionRefusalLevel',
  'What bound.',
  described(LEVELS, (level) => `The ${words(level)}.`),
);
const ErrorClass = enumType(
  'DecisionErrorClass',
  'What went wrong.',
  described(ERROR_CLASSES, (name) => `It was: ${words(name)}.`),
);
const Status = enumType('DecisionStatus', 'How far a decision is.', {
  open: 'Admitted, not reported yet.',
  reported: 'Its outcome is known.',
  expired: 'Its lease ended without a report.',
  refused: 'Not admitted.',
});

export const RefusalType = builder.objectRef<Refusal>('DecisionRefusal').implement({
  description: 'Why a decision was refused.',
  fields: (t) => ({
    code: t.expose('code', { type: RefusalCode, description: 'The reason.' }),
    level: t.expose('level', { type: RefusalLevel, description: 'What bound.' }),
    limit: t.exposeString('limit', { nullable: true, description: 'The documented key of the limit that bound.' }),
    retryAfter: t.expose('retryAfter', {
      ...COUNT,
      nullable: true,
      description: 'Seconds until there is room.',
    }),
  }),
});

export const HopType = builder.objectRef<Hop>('DecisionHop').implement({
  description: 'One logical model that was tried.',
  fields: (t) => ({
    logicalModelId: t.exposeString('logicalModelId', { description: 'The model.' }),
    providerAccountId: t.exposeString('providerAccountId', {
      nullable: true,
      description: 'The account that served or refused it.',
    }),
    admitted: t.exposeBoolean('admitted', { description: 'Whether it was taken.' }),
    code: t.expose('code', { type: RefusalCode, nullable: true, description: 'Why not.' }),
  }),
});

const OutcomeType = builder.objectRef<Outcome>('DecisionOutcome').implement({
  description: 'What came of a decision, as the caller reported it.',
  fields: (t) => ({
    success: t.exposeBoolean('success', { description: 'Whether the provider answered well.' }),
    latencyMs: t.expose('latencyMs', {
      ...COUNT,
      nullable: true,
      description: 'How long it took, in milliseconds.',
    }),
    inputTokens: t.expose('inputTokens', { ...COUNT, nullable: true, description: 'Input tokens used.' }),
    outputTokens: t.expose('outputTokens', { ...COUNT, nullable: true, description: 'Output tokens used.' }),
    errorClass: t.expose('errorClass', { type: ErrorClass, nullable: true, description: 'What went wrong.' }),
    retryAfterSeconds: t.expose('retryAfterSeconds', {
      ...COUNT,
      nullable: true,
      description: 'How long the provider asked to wait.',
    }),
    reportedAt: t.expose('reportedAt', { type: 'DateTime', description: 'When it was reported.' }),
  }),
});

const text = (field: keyof DecisionContext) =>
  ({ nullable: true, resolve: (decision: DecisionDoc) => decision.context[field] as string | null }) as const;
const flag = (field: keyof DecisionContext) =>
  ({ nullable: true, resolve: (decision: DecisionDoc) => decision.context[field] as boolean | null }) as const;

defineNode(decisions, 'Where one request was sent, or why it was not; with its outcome once reported.', (t) => ({
  decisionId: t.exposeString('id', { description: 'The documented id.' }),
  orgId: t.exposeString('orgId', { description: 'The organization.' }),
  workspaceId: t.exposeString('workspaceId', { description: 'The workspace that asked.' }),
  endpointType: t.string({ description: 'The kind of endpoint that asked.', ...text('endpointType') }),
  endpointId: t.string({ description: 'The endpoint that asked.', ...text('endpointId') }),
  stepType: t.string({ description: 'The kind of step.', ...text('stepType') }),
  purpose: t.string({ description: 'What for.', ...text('purpose') }),
  expectedParallelism: t.string({ description: 'How parallel it would be.', ...text('expectedParallelism') }),
  requiresStreaming: t.boolean({ description: 'Whether it demanded streaming.', ...flag('requiresStreaming') }),
  requiresFunctionCalling: t.boolean({
    description: 'Whether it demanded function calling.',
    ...flag('requiresFunctionCalling'),
  }),
  requiresVision: t.boolean({ description: 'Whether it demanded vision.', ...flag('requiresVision') }),
  tags: t.field({
    ...STRING_MAP,
    description: 'Labels of the request.',
    resolve: (decision) => decision.context.tags,
  }),
  workspaceTags: t.field({
    ...STRING_MAP,
    nullable: true,
    description: "Labels that stood in for the workspace's own.",
    resolve: (decision) => decision.context.workspaceTags,
  }),
  estimatedInputTokens: t.expose('estimatedInputTokens', { ...COUNT, description: 'Input tokens as reckoned.' }),
  estimatedOutputTokens: t.expose('estimatedOutputTokens', {
    ...COUNT,
    description: 'Output tokens as reckoned.',
  }),
  retryOf: t.exposeString('retryOf', { nullable: true, description: 'The failed decision that it retries.' }),
  admitted: t.exposeBoolean('admitted', { description: 'Whether it may go.' }),
  policyId: t.exposeString('policyId', { nullable: true, description: 'The policy that decided.' }),
  logicalModelId: t.exposeString('logicalModelId', { nullable: true, description: 'The logical model to use.' }),
  providerAccountId: t.exposeString('providerAccountId', { nullable: true, description: 'The account to use.' }),
  upstreamModel: t.exposeString('upstreamModel', {
    nullable: true,
    description: "The provider's own name of the model.",
  }),
  expiresAt: t.expose('expiresAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When its lease ends: ten minutes after it was made.',
  }),
  refusal: t.expose('refusal', {
    type: RefusalType,
    nullable: true,
    description: 'Why it was refused: the first hop’s reason.',
  }),
  hops: t.expose('hops', { type: [HopType], description: 'The models tried, in order.' }),
  status: t.field({
    type: Status,
    description: 'How far it is.',
    resolve: (decision, _args, ctx) => statusOf(decision, ctx.deps.now()),
  }),
  outcome: t.expose('outcome', { type: OutcomeType, nullable: true, description: 'What came of it.' }),
  workspace: edge(t, workspaces, 'The workspace that asked.', (decision) => decision.workspaceId),
  policy: edge(t, routerPolicies, 'The policy that decided.', (decision) => decision.policyId),
  logicalModel: edge(t, logicalModels, 'The logical model to use.', (decision) => decision.logicalModelId),
  providerAccount: edge(t, providerAccounts, 'The account to use.', (decision) => decision.providerAccountId),
}));

rootNode(decisions, 'decision');
rootList(decisions, 'decisions', {
  description: 'The decisions of the last 30 days, newest first.',
  list: orgWide('decisions'),
});

listOn(organizations, 'decisions', decisions, 'Its decisions of the last 30 days.', orgWide('decisions'));

const payload = { decision: { type: refOf(decisions), description: 'The decision.' } };

mutation('decide', {
  permission: 'decisions:create',
  description:
    'Decides where a request goes and reserves quota, rate and concurrency for it; a refusal is an answer too.',
  input: decideInput,
  payload,
  resolve: decide,
});

mutation('reportOutcome', {
  permission: 'decisions:update',
  description: 'Reports what came of a decision, once; a second report answers the first one’s result.',
  input: reportOutcomeInput,
  missing: ({ success, errorClass }) => (success === false && errorClass == null ? ['errorClass'] : []),
  payload,
  resolve: reportOutcome,
});
