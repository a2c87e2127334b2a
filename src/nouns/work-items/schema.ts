import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { mutation } from '../../graphql/mutations.ts';
import { type Claimed, claimWorkItems } from './claim.ts';
import { claimInput, ITEM_STATUS, reportInput, type WorkItem } from './model.ts';
import { REFUSALS, type Result, reportWorkItems } from './report.ts';

const SubjectType = enumType('WorkSubjectType', 'What is embedded.', {
  thread: 'A thread of the namespace.',
  source: 'A source of the namespace.',
});

const Subject = builder.objectRef<WorkItem>('WorkSubject').implement({
  description: 'What an item is about; its text is the worker’s to find.',
  fields: (t) => ({
    type: t.expose('subjectType', { type: SubjectType, description: 'A thread or a source.' }),
    subjectId: t.exposeString('subjectId', { description: 'Its id, as the namespace holds it.' }),
  }),
});

const Item = builder.objectRef<Claimed>('WorkItem').implement({
  description: 'One thing to do, held by whoever claimed it until its lease ends.',
  fields: (t) => ({
    itemId: t.string({ description: 'The item.', resolve: ({ item }) => item.id }),
    jobId: t.string({ description: 'The job that it is part of.', resolve: ({ item }) => item.jobId }),
    kind: t.string({ description: 'What is to be done: `reindex`.', resolve: ({ job }) => job.kind }),
    lease: t.string({ description: 'The proof of holding it: reports show it.', resolve: ({ item }) => item.lease }),
    leaseUntil: t.field({ type: 'DateTime', description: 'When the lease ends.', resolve: ({ item }) => item.dueAt }),
    tries: t.int({
      description: 'How often it has been handed out, this time too.',
      resolve: ({ item }) => item.tries,
    }),
    subject: t.field({ type: Subject, description: 'What is to be embedded.', resolve: ({ item }) => item }),
    namespaceId: t.string({ description: 'The namespace.', resolve: ({ item }) => item.namespaceId }),
    appId: t.string({ description: 'The app.', resolve: ({ item }) => item.appId }),
    workspaceId: t.string({ description: 'The workspace.', resolve: ({ item }) => item.workspaceId }),
    embeddingModelId: t.string({
      nullable: true,
      description: 'The logical model to embed by: the new one.',
      resolve: ({ job }) => job.modelId,
    }),
    providerAccountId: t.string({
      nullable: true,
      description: 'The account to embed with; null where the model has no target in use.',
      resolve: ({ target }) => target?.providerAccountId ?? null,
    }),
    upstreamModel: t.string({
      nullable: true,
      description: "The provider's own name of the model.",
      resolve: ({ target }) => target?.upstreamModel ?? null,
    }),
  }),
});

const Status = enumType('WorkItemStatus', 'How far an item is.', ITEM_STATUS);
const Refused = enumType('WorkReportRefusal', 'Why a report was not accepted.', REFUSALS);

const ReportResult = builder.objectRef<Result>('WorkReportResult').implement({
  description: 'What a report of one item came to.',
  fields: (t) => ({
    itemId: t.exposeString('itemId', { description: 'The item.' }),
    accepted: t.exposeBoolean('accepted', { description: 'Whether it counts.' }),
    reason: t.expose('reason', { type: Refused, nullable: true, description: 'Why not.' }),
    status: t.expose('status', { type: Status, nullable: true, description: 'How far the item is now.' }),
    tries: t.exposeInt('tries', { nullable: true, description: 'How often it has been handed out.' }),
  }),
});

mutation('claimWorkItems', {
  permission: 'jobs:work',
  description: 'Hands items of jobs to a worker under leases, those of the oldest job first.',
  input: claimInput,
  payload: { items: { type: [Item], description: 'What the worker holds now; none where there is nothing to do.' } },
  resolve: claimWorkItems,
});

mutation('reportWorkItems', {
  permission: 'jobs:work',
  description: 'Tells what came of claimed items; the same report again is accepted again.',
  input: reportInput,
  payload: { results: { type: [ReportResult], description: 'In the order of the reports.' } },
  resolve: reportWorkItems,
});
