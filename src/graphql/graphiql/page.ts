import { statSync } from 'node:fs';
import { type Asset, asset, assetsOf, ownAsset, type Page } from '../../http/assets.ts';
import { page } from '../../http/page.ts';
import type { Reply } from '../../http/reply.ts';
import { bootScript } from './boot.ts';
import { STYLE } from './style.ts';

/** What the package is made of: a script, its styles and the scripts of the editor's workers. */
type Part = 'js' | 'css' | 'editorWorkerService' | 'jsonWorker' | 'graphqlWorker';

/**
 * GraphiQL on a page of our own: the package's page holds all of its nine megabytes, which then come with every visit.
 * The file of its parts lies beside its entry; it is looked for at start and read at the first visit.
 */
export function createGraphiQL(): GraphiQL {
  const file = new URL('./graphiql.js', import.meta.resolve('@graphql-yoga/render-graphiql'));
  const { size, mtimeMs } = statSync(file);
  const part = (name: string, key: Part) =>
    asset(
      `/graphql/assets/${name}`,
      `${size} ${mtimeMs} ${key}`,
      async () => ((await import(file.href)) as Record<Part, string>)[key],
    );
  const own = (name: string, text: string) => ownAsset(`/graphql/assets/${name}`, text);
  const workers = {
    editorWorkerService: part('editor-worker.js', 'editorWorkerService'),
    json: part('json-worker.js', 'jsonWorker'),
    graphql: part('graphql-worker.js', 'graphqlWorker'),
  };
  const addresses = Object.fromEntries(Object.entries(workers).map(([label, one]) => [label, fromPage(one)]));
  const styles = [part('graphiql.css', 'css'), own('switchyard.css', STYLE)];
  const scripts = [own('switchyard.js', bootScript(addresses)), part('graphiql.js', 'js')];
  return {
    page: page(html(styles, scripts), { 'style-src': "'self' 'unsafe-inline'", 'worker-src': "'self'" }),
    assets: assetsOf([...Object.values(workers), ...styles, ...scripts]),
  };
}

export interface GraphiQL {
  page: Reply;
  /** What the page asks for, by its path. */
  assets: Record<string, Page>;
}

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
    <nav class="doors" aria-label="Switchyard"><a href="docs">REST</a><a href="docs/errors">Errors</a><a href="docs/guides">Guides</a></nav>
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
