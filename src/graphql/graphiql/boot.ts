import { EXAMPLES } from './examples.ts';

/** The script that runs before GraphiQL's own: workers, token, the ids for the variables, the tabs. */
export function bootScript(workers: Record<string, string>): string {
  return `'use strict';
globalThis.EXAMPLES = ${JSON.stringify(EXAMPLES)};
globalThis.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_, label) => new URL((${JSON.stringify(workers)})[label], location.href).href };
${[switchyardOptions, askForToken, forwardTabClicks, keepOpenTab, start].map(String).join('\n')}
start();
`;
}

/** The token comes with the URL's fragment or by the bar: it is never part of what is served. */
async function switchyardOptions(): Promise<object> {
  const page = globalThis as unknown as Page;
  const given = new URLSearchParams(page.location.hash.slice(1)).get('token');
  if (given) {
    page.sessionStorage.setItem('switchyard-token', given);
    page.history.replaceState(null, '', page.location.pathname + page.location.search);
  }
  const token = page.sessionStorage.getItem('switchyard-token');
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const ids: Record<string, string | undefined> = {};
  if (token) {
    const query =
      '{workspaces(first:1,oldestFirst:true){nodes{workspaceId namespaces(first:1,oldestFirst:true){nodes{namespaceId}}}}}';
    const init = {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query }),
    };
    const answer = await fetch(page.location.pathname, init).then(
      (response) => response.json() as Promise<Ids>,
      () => null,
    );
    const workspace = answer?.data?.workspaces?.nodes?.[0];
    ids.workspaceId = workspace?.workspaceId;
    ids.namespaceId = workspace?.namespaces.nodes[0]?.namespaceId;
  }
  const defaultTabs = page.EXAMPLES.map(({ query }) => {
    const used = Object.keys(ids).filter((name) => query.includes(`$${name}`));
    return {
      query,
      variables: used.length ? JSON.stringify(Object.fromEntries(used.map((name) => [name, ids[name]])), null, 2) : '',
    };
  });
  return {
    title: 'Switchyard',
    endpoint: page.location.pathname,
    additionalHeaders: headers,
    headers: token ? '' : JSON.stringify({ Authorization: 'Bearer <your token>' }, null, 2),
    defaultTabs,
    shouldPersistHeaders: false,
  };
}

/** A bar says what to do whenever the server has not accepted the token, and goes when it has. */
function askForToken(): void {
  const page = globalThis as unknown as Page;
  const bar = page.document.querySelector('#token');
  const say = (hasToken: boolean) => {
    bar.querySelector('p').textContent = hasToken
      ? 'The server does not know this token: it is mistyped, expired or revoked. Give another one; on the server, “switchyard org create NAME” or an Admin makes one.'
      : 'Give a token to ask the graph: the one that “switchyard org create NAME” has printed, or one that an Admin of your organization has made.';
    bar.hidden = false;
  };
  bar.addEventListener('submit', (event) => {
    event.preventDefault();
    page.sessionStorage.setItem('switchyard-token', bar.elements.token.value.trim());
    page.location.reload();
  });
  const { fetch } = page;
  page.fetch = async (...args) => {
    const response = await fetch(...args);
    if (response.status === 401) say(page.sessionStorage.getItem('switchyard-token') !== null);
    else bar.hidden = true;
    return response;
  };
}

/** A tab that can be dragged moves away from under a press in newer Chromium, and loses its click: it is given to the button that was pressed. */
function forwardTabClicks(): void {
  const { document } = globalThis as unknown as Page;
  let pressed: Button | null = null;
  document.addEventListener(
    'pointerdown',
    ({ target }: PressEvent) => {
      pressed = target.closest?.('.graphiql-tab button') ?? null;
    },
    true,
  );
  document.addEventListener(
    'click',
    ({ target }: PressEvent) => {
      const button = pressed;
      pressed = null;
      if (button && !button.contains(target) && target.closest?.('.graphiql-tabs')) button.click();
    },
    true,
  );
}

/** GraphiQL finds the tab that was open by the query and variables it has stored, which may be another tab's; else it opens one more. */
function keepOpenTab(): void {
  const { localStorage } = globalThis as unknown as Page;
  const { tabs = [], activeTabIndex = 0 } = JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{}') as Tabs;
  const open = tabs[activeTabIndex];
  if (!open) return;
  for (const name of ['query', 'variables'] as const) localStorage.setItem(`graphiql:${name}`, open[name] ?? '');
}

/** Scripts are deferred, so GraphiQL's own has run by the time that the document is ready. */
function start(): void {
  const page = globalThis as unknown as Page;
  askForToken();
  forwardTabClicks();
  keepOpenTab();
  page.document.addEventListener('DOMContentLoaded', async () => {
    page.YogaGraphiQL.renderYogaGraphiQL(page.document.querySelector('#root'), await switchyardOptions());
  });
}

/** The answer that the variables of the examples are filled from. */
interface Ids {
  data?: {
    workspaces?: { nodes: { workspaceId: string; namespaces: { nodes: { namespaceId: string }[] } }[] };
  };
}

interface Tabs {
  tabs?: { query: string | null; variables: string | null }[];
  activeTabIndex?: number;
}

interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

interface Button {
  contains(target: unknown): boolean;
  click(): void;
}

interface PressEvent {
  target: { closest?(selector: string): Button | null };
}

interface Bar {
  hidden: boolean;
  elements: { token: { value: string } };
  querySelector(selector: 'p'): { textContent: string };
  addEventListener(type: 'submit', listener: (event: { preventDefault(): void }) => void): void;
}

/** What these functions use of the browser that they run in, where Node's types do not reach. */
interface Page {
  EXAMPLES: typeof EXAMPLES;
  YogaGraphiQL: { renderYogaGraphiQL(root: unknown, options: object): void };
  fetch: typeof fetch;
  location: { hash: string; pathname: string; search: string; reload(): void };
  history: { replaceState(state: null, unused: string, url: string): void };
  sessionStorage: Storage;
  localStorage: Storage;
  document: {
    querySelector(selector: '#token' | '#root'): Bar;
    addEventListener(type: string, listener: (event: PressEvent) => void, capture?: true): void;
  };
}
