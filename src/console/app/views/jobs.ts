import { h } from 'preact';
import { Jobs as JobsDocument, type JobsQuery } from '../graph/documents.generated.ts';
import { useQuery } from '../graph/use-query.ts';
import { Badge } from '../parts/badge.ts';
import { number, words } from '../parts/format.ts';
import { Meter } from '../parts/meter.ts';
import { useName } from '../parts/names.ts';
import { Loaded, Note } from '../parts/state.ts';
import { When } from '../parts/when.ts';

type Job = NonNullable<JobsQuery['jobs']>['nodes'][number];

/** Long work, and how far it is. */
export function Jobs() {
  const answer = useQuery(
    JobsDocument,
    {},
    {
      every: 60_000,
      everyUntold: 5_000,
      on: ['job.*', 'namespace.*', 'workspace.*'],
    },
  );
  return h(Loaded<JobsQuery>, {
    answer,
    children: ({ jobs }) => {
      const { nodes = [], totalCount = 0 } = jobs ?? {};
      if (nodes.length === 0)
        return h(
          Note,
          { title: 'Nothing is being done.' },
          h('p', null, 'A namespace that is given another embedding model is indexed anew here.'),
        );
      return h(
        'div',
        null,
        h('p', { class: 'summary' }, `${number(totalCount)} jobs, the newest first`),
        h(
          'ul',
          { class: 'jobs' },
          nodes.map((job) => h(JobRow, { key: job.jobId, job })),
        ),
      );
    },
  });
}

function JobRow({ job }: { job: Job }) {
  const name = useName();
  const { total, done, failed, percent } = job.progress as {
    total: number;
    done: number;
    failed: number;
    percent: number;
  };
  const where = job.workspaceId ? ` in ${name(job.workspaceId)}` : '';
  return h(
    'li',
    { class: 'job' },
    h(
      'div',
      null,
      h('h2', null, words(job.kind)),
      h('p', { class: 'faint' }, `${words(job.resourceType)} ${job.resourceId}${where}`),
    ),
    h(Badge, { word: job.status }),
    h(
      'div',
      { class: 'progress' },
      h(Meter, {
        share: percent / 100,
        label: `${words(job.kind)} of ${job.resourceId}`,
        tone: failed > 0 ? 'warn' : 'accent',
      }),
      h(
        'p',
        null,
        `${number(done)} of ${number(total)}`,
        failed > 0 && h('span', { class: 'exhausted' }, `, ${number(failed)} failed`),
      ),
    ),
    h('p', { class: 'faint' }, h(When, { at: job.updatedAt })),
    job.error && h('p', { class: 'reason' }, job.error),
  );
}
