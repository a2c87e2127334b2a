import { createPreference } from '../http/accept.ts';
import { type Asset, assetsOf, fileAsset, ownAsset, type Page } from '../http/assets.ts';
import { page } from '../http/page.ts';
import { json } from '../http/reply.ts';
import type { CatalogEntry } from '../words/error-guide.ts';
import { errorsHtml } from './errors.ts';
import { type Frame, frame, inline } from './frame.ts';
import { type Guides, readGuides } from './guides.ts';
import { indexHtml, indexJson } from './index.ts';
import { referenceScript } from './reference.ts';
import { STYLE } from './style.ts';

const preferred = createPreference(['application/json', 'text/html']);

/**
 * The index at `/`, the REST reference at `/docs`, the errors and the guides: pages and their parts by their paths, open to
 * everybody. Nothing comes from elsewhere than this process and its packages.
 */
export function createSite(catalog: readonly CatalogEntry[], publicUrl: string): Record<string, Page> {
  const { guides, pictures } = readGuides();
  const style = ownAsset('/docs/assets/site.css', STYLE);
  const swagger = {
    css: fileAsset('/docs/assets/swagger-ui.css', new URL(import.meta.resolve('swagger-ui-dist/swagger-ui.css'))),
    bundle: fileAsset(
      '/docs/assets/swagger-ui.js',
      new URL(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')),
    ),
  };
  const start = ownAsset('/docs/assets/reference.js', referenceScript());
  const styled = (made: Omit<Frame, 'styles'>) => page(frame({ ...made, styles: [fromRoot(style)] }));
  const site: Record<string, Page> = {
    '/': index(styled, publicUrl),
    '/docs': () => page(reference(style, swagger, start)),
    '/docs/errors': () => styled({ title: 'Errors', at: 'docs/errors', root: '../', body: errorsHtml(catalog) }),
    '/docs/guides': () => styled({ title: 'Guides', at: 'docs/guides', root: '../', body: listHtml(guides) }),
    ...assetsOf([style, start, ...Object.values(swagger), ...pictures]),
  };
  for (const { name, title, html } of guides)
    site[`/docs/guides/${name}`] = () => styled({ title, at: 'docs/guides', root: '../../', body: html() });
  return site;
}

type Styled = (made: Omit<Frame, 'styles'>) => ReturnType<typeof page>;

/** Below a proxy's path the index may be asked for without the last slash, where relative addresses miss that path. */
function index(styled: Styled, publicUrl: string): Page {
  const root = publicUrl ? `${new URL(publicUrl).pathname.replace(/\/$/, '')}/` : '';
  const html = styled({ title: 'Switchyard', at: '', root, body: indexHtml(root) });
  const data = json(200, indexJson(publicUrl));
  return ({ req }) => {
    const reply = preferred(req.headers.accept) === 'text/html' ? html : data;
    return { ...reply, headers: { ...reply.headers, Vary: 'Accept' } };
  };
}

function reference(style: Asset, { css, bundle }: Record<'css' | 'bundle', Asset>, start: Asset): string {
  return frame({
    title: 'REST reference',
    at: 'docs',
    root: '',
    styles: [css, style].map(fromRoot),
    scripts: [start, bundle].map(fromRoot),
    body: '<noscript>The reference needs JavaScript; programs read v1/openapi.json.</noscript><div id="reference"></div>',
    bringsMain: true,
  });
}

function listHtml(guides: Guides['guides']): string {
  const items = guides.map(
    ({ name, title, summary }) =>
      `<li><a href="guides/${name}"><strong>${inline(title)}</strong><span>${inline(summary)}</span></a></li>`,
  );
  return `<h1>Guides</h1>\n<ul class="doors">${items.join('\n')}</ul>`;
}

/** Without the slash that it begins with. */
function fromRoot({ address }: Asset): string {
  return address.slice(1);
}
