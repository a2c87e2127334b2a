/** The doors, as the index names them: addresses below the root. */
const DOORS = {
  console: { name: 'Console', what: 'See accounts, policies, decisions, usage and jobs, as they are now.' },
  graphql: { name: 'GraphiQL', what: 'Ask the graph, with examples, completion and its documentation beside.' },
  docs: { name: 'REST reference', what: 'Every address of /v1, to read and to try.' },
  'docs/errors': { name: 'Errors', what: 'What each code means, and what to do about it.' },
  'docs/guides': { name: 'Guides', what: 'How to run it, and how it is made.' },
  'v1/openapi.json': { name: 'OpenAPI document', what: 'The same reference for programs.' },
  'health/ready': { name: 'Health', what: 'Whether it can answer now.' },
} as const;

export function indexHtml(root: string): string {
  const doors = Object.entries(DOORS).map(
    ([to, { name, what }]) => `<li><a href="${root}${to}"><strong>${name}</strong><span>${what}</span></a></li>`,
  );
  return `<h1>Switchyard</h1>
<p>The control plane for LLM platforms: one typed graph over organizations, workspaces, providers, quotas and routing.</p>
<ul class="doors">${doors.join('\n')}</ul>`;
}

/** The same for a program: where each door is. */
export function indexJson(base: string): Record<string, string> {
  return {
    console: `${base}/console`,
    graphql: `${base}/graphql`,
    rest: `${base}/v1`,
    openapi: `${base}/v1/openapi.json`,
    docs: `${base}/docs`,
    errors: `${base}/docs/errors`,
    live: `${base}/health/live`,
    ready: `${base}/health/ready`,
  };
}
