import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { EXAMPLES } from './examples.ts';

/** Nothing of the page may ask another host. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const MARK = 'switchyard-options';

/** GraphiQL from its package, in one file, with the token taken from the URL's fragment: it is never part of what is served. */
export function graphiqlPage(): string {
  const html = renderGraphiQL({ title: MARK });
  const call = JSON.stringify({ title: MARK });
  const begin = html.indexOf('YogaGraphiQL.renderYogaGraphiQL(\n');
  const end = html.indexOf(call, begin);
  if (begin < 0 || end < 0) throw new Error('the GraphiQL package has changed its page');
  const start = `switchyardOptions().then((options) => YogaGraphiQL.renderYogaGraphiQL(window.document.querySelector('#root'), options))`;
  return html
    .slice(0, begin)
    .concat(start, html.slice(html.indexOf(')', end) + 1))
    .replace(MARK, 'Switchyard')
    .replace('<script>', () => `<script>${bootstrap()}</script>\n      <script>`);
}

/** Runs in the browser before GraphiQL does: the token, the ids for the variables, the tabs. */
function bootstrap(): string {
  return `
globalThis.EXAMPLES = ${JSON.stringify(EXAMPLES).replaceAll('<', '\\u003c')};
${switchyardOptions.toString()}
(${forwardTabClicks.toString()})();
`;
}

async function switchyardOptions(): Promise<object> {
  const page = globalThis as unknown as Page;
  const given = new URLSearchParams(page.location.hash.slice(1)).get('token');
  if (given) {
    page.sessionStorage.setItem('switchyard-token', given);
    page.history.replaceState(null, '', page.location.pathname);
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
    const answer = await fetch('/graphql', init).then(
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
    endpoint: '/graphql',
    additionalHeaders: headers,
    headers: token ? '' : JSON.stringify({ Authorization: 'Bearer <your token>' }, null, 2),
    defaultTabs,
    shouldPersistHeaders: false,
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

/** The answer that the variables of the examples are filled from. */
interface Ids {
  data?: {
    workspaces?: { nodes: { workspaceId: string; namespaces: { nodes: { namespaceId: string }[] } }[] };
  };
}

interface Button {
  contains(target: unknown): boolean;
  click(): void;
}

interface PressEvent {
  target: { closest?(selector: string): Button | null };
}

/** What these functions use of the browser that they run in, where Node's types do not reach. */
interface Page {
  EXAMPLES: typeof EXAMPLES;
  location: { hash: string; pathname: string };
  history: { replaceState(state: null, unused: string, url: string): void };
  sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  document: { addEventListener(type: string, listener: (event: PressEvent) => void, capture: true): void };
}
