import { statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Asset, asset, createAssetReplies } from '../../http/assets.ts';
import type { Reply } from '../../http/reply.ts';
import { bootScript } from './boot.ts';
import { STYLE } from './style.ts';

/** Nothing of the page may ask another host, and no other page may frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

/** What the package is made of: a script, its styles and the scripts of the editor's workers. */
type Part = 'js' | 'css' | 'editorWorkerService' | 'jsonWorker' | 'graphqlWorker';

/**
 * GraphiQL on a page of our own: the package's page holds all of its nine megabytes, which then come with every visit.
 * The file of its parts lies beside its entry; it is looked for at start and read at the first visit.
 */
export function createGraphiQL(): GraphiQL {
  const file = new URL('./graphiql.js', import.meta.resolve('@graphql-yoga/render-graphiql'));
  const { size, mtimeMs } = statSync(file);
  const part = (name: string, type: string, key: Part) =>
    asset(
      name,
      type,
      `${size} ${mtimeMs} ${key}`,
      async () => ((await import(file.href)) as Record<Part, string>)[key],
    );
  const own = (name: string, type: string, text: string) => asset(name, type, text, async () => text);
  const workers = {
    editorWorkerService: part('editor-worker.js', SCRIPT, 'editorWorkerService'),
    json: part('json-worker.js', SCRIPT, 'jsonWorker'),
    graphql: part('graphql-worker.js', SCRIPT, 'graphqlWorker'),
  };
  const addresses = Object.fromEntries(Object.entries(workers).map(([label, one]) => [label, fromPage(one)]));
  const styles = [part('graphiql.css', CSS, 'css'), own('switchyard.css', CSS, STYLE)];
  const scripts = [own('switchyard.js', SCRIPT, bootScript(addresses)), part('graphiql.js', SCRIPT, 'js')];
  const reply = createAssetReplies();
  const assets = [...Object.values(workers), ...styles, ...scripts].map(
    (one) => [one.address, ({ req }: { req: IncomingMessage }) => reply(one, req.headers['accept-encoding'])] as const,
  );
  return {
    page: { status: 200, headers: PAGE_HEADERS, body: html(styles, scripts) },
    assets: Object.fromEntries(assets),
  };
}

export interface GraphiQL {
  page: Reply;
  /** What the page asks for, by its path. */
  assets: Record<string, (asked: { req: IncomingMessage }) => Promise<Reply>>;
}

const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cache-Control': 'no-cache',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** As the page at `/graphql` asks for it, below whatever path a proxy has put it. */
function fromPage({ address }: Asset): string {
  return address.slice(1);
}

function html(styles: Asset[], scripts: Asset[]): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Switchyard</title>
    <link rel="icon" href="data:,">
    ${styles.map((one) => `<link rel="stylesheet" href="${fromPage(one)}">`).join('\n    ')}
    ${scripts.map((one) => `<script defer src="${fromPage(one)}"></script>`).join('\n    ')}
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <form id="token" role="alert" hidden>
      <p></p>
      <label>Token <input name="token" type="password" autocomplete="off" required></label>
      <button>Use it</button>
    </form>
    <main id="root"></main>
  </body>
</html>
`;
}
