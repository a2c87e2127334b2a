import { PAGES } from './pages.ts';

/** What one can go to from each page. */
const BAR = [{ to: '', name: 'Switchyard' }, ...PAGES];

export interface Frame {
  title: string;
  /** Where the page stands, below the root: `docs/errors`. */
  at: string;
  /** From the page's folder to the root (`../`), or the path that a proxy puts before it. */
  root: string;
  styles: readonly string[];
  scripts?: readonly string[];
  /** HTML. */
  body: string;
  /** Whether its scripts make the `main` of the page, of which there may be one. */
  bringsMain?: boolean;
}

/** A whole page: the same bar above each. Addresses of parts are given from the root. */
export function frame({ title, at, root, styles, scripts = [], body, bringsMain = false }: Frame): string {
  const links = BAR.map(({ to, name }) => {
    const here = to === at ? ' aria-current="page"' : '';
    return `<a href="${toRoot(root, to)}"${here}>${name}</a>`;
  });
  const main = bringsMain ? 'div' : 'main';
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escaped(title)}</title>
    <link rel="icon" href="data:,">
    ${styles.map((to) => `<link rel="stylesheet" href="${root}${to}">`).join('\n    ')}
    ${scripts.map((to) => `<script defer src="${root}${to}"></script>`).join('\n    ')}
  </head>
  <body>
    <a class="skip" href="#main">Skip to the page</a>
    <nav class="bar" aria-label="Switchyard">${links.join('')}</nav>
    <${main} id="main">
${body}
    </${main}>
  </body>
</html>
`;
}

function toRoot(root: string, to: string): string {
  return `${root}${to}` || './';
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}

/** Text with its `code` set as such. */
export function inline(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
