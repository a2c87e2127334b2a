/** The pages that a person can go to, in the order of the bar and of the index: addresses below the root. */
export const PAGES = [
  { to: 'console', name: 'Console', what: 'See accounts, policies, decisions, usage and jobs, as they are now.' },
  { to: 'graphql', name: 'GraphiQL', what: 'Ask the graph, with examples, completion and its documentation beside.' },
  { to: 'docs', name: 'REST', what: 'Every address of /v1, to read and to try.' },
  { to: 'docs/errors', name: 'Errors', what: 'What each code means, and what to do about it.' },
  { to: 'docs/guides', name: 'Guides', what: 'How to run it, and how it is made.' },
] as const;
