import { createHash } from 'node:crypto';
import { type Asset, assetsOf, type Page, typeOf } from '../http/assets.ts';
import { page } from '../http/page.ts';
import { modules, type Part, styles } from './modules.ts';

/**
 * The console: a page for a person, of modules that import each other by their relative paths. So all of them lie in one
 * folder, whose name changes with any of them, and what is in it can be kept for ever.
 */
export function createConsole(): Record<string, Page> {
  const [scripts, sheets] = [modules(), styles()];
  const folder = `/console/assets/${versionOf([...scripts, ...sheets])}/`;
  const assets = [...scripts, ...sheets].map(
    ({ path, read }): Asset => ({ address: folder + path, type: typeOf(path), read }),
  );
  const reply = page(html(folder.slice(1), scripts, sheets));
  return { '/console': () => reply, ...assetsOf(assets) };
}

function versionOf(parts: readonly Part[]): string {
  const hash = createHash('sha256');
  for (const { path, source } of parts) hash.update(`${path}\n${source}\n`);
  return hash.digest('base64url').slice(0, 16);
}

/** What is drawn with later: the first view is there before it is. */
const LATER = /^packages\/uplot/;

/** What is there before the first module runs is what the first view begins with. The addresses are as the page at `/console` asks for them, below whatever path a proxy has put it. */
function html(folder: string, scripts: readonly Part[], sheets: readonly Part[]): string {
  const preloads = scripts.filter(({ path }) => !LATER.test(path));
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Switchyard</title>
    <link rel="icon" href="data:,">
    ${sheets.map(({ path }) => `<link rel="stylesheet" href="${folder}${path}">`).join('\n    ')}
    ${preloads.map(({ path }) => `<link rel="modulepreload" href="${folder}${path}">`).join('\n    ')}
    <script type="module" src="${folder}app/main.js"></script>
  </head>
  <body>
    <noscript>The console needs JavaScript; what it shows can be asked at /graphql and /v1 as well.</noscript>
    <div id="root"><header class="bar"><div class="brand"><strong>Switchyard</strong></div></header></div>
  </body>
</html>
`;
}
