import { PAGES } from './pages.ts';

/** The doors, as the index names them: addresses below the root. */
const DOORS = [
  ...PAGES,
  { to: 'v1/openapi.json', name: 'OpenAPI document', what: 'The same reference for programs.' },
  { to: 'health/ready', name: 'Health', what: 'Whether it can answer now.' },
];

export function indexHtml(root: string): string {
  const doors = DOORS.map(
    ({ to, name, what }) => `<li><a href="${root}${to}"><strong>${name}</strong><span>${what}</span></a></li>`,
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
