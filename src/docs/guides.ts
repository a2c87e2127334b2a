import { readdirSync, readFileSync } from 'node:fs';
import { Marked, type Tokens } from 'marked';
import { type Asset, fileAsset } from '../http/assets.ts';

const FOLDER = new URL('../../docs/', import.meta.url);

export interface Guide {
  /** `mongodb`, of `docs/mongodb.md`. */
  name: string;
  title: string;
  /** Its first sentence or two, as they stand below the title. */
  summary: string;
  html(): string;
}

/** What `docs/` holds: the guides, and the pictures that they show. */
export interface Guides {
  guides: readonly Guide[];
  pictures: readonly Asset[];
}

/** Read once, at start; each is rendered when it is first asked for. */
export function readGuides(): Guides {
  const files = readdirSync(FOLDER).sort();
  const pictures = new Map(
    files
      .filter((file) => file.endsWith('.png'))
      .map((file) => [file, fileAsset(`/docs/assets/${file}`, new URL(file, FOLDER))]),
  );
  const names = files.filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -'.md'.length));
  const render = renderer(new Set(names), pictures);
  const guides = names.map((name) => guideOf(name, render));
  return { guides, pictures: [...pictures.values()] };
}

function guideOf(name: string, render: (text: string) => string): Guide {
  const text = readFileSync(new URL(`${name}.md`, FOLDER), 'utf8');
  const [, title = name, summary = ''] = /^# (.+)\n\n((?:(?![#`|>-])[^\n]+\n)*)/.exec(text) ?? [];
  let html: string | undefined;
  return {
    name,
    title,
    summary: firstSentence(summary.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('\n', ' ')),
    html() {
      html ??= render(text);
      return html;
    },
  };
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

/** Links between guides stay on the site; to other files of the project, which it does not serve, there are none. */
function renderer(names: ReadonlySet<string>, pictures: ReadonlyMap<string, Asset>): (text: string) => string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        return `<h${depth} id="${slugOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        const [, name, hash = ''] = /^([\w-]+)\.md(#.*)?$/.exec(href) ?? [];
        if (name !== undefined && names.has(name)) return `<a href="${name}${hash}">${text}</a>`;
        return /^(https:|#)/.test(href) ? `<a href="${href}" rel="noreferrer">${text}</a>` : text;
      },
      image({ href, text }: Tokens.Image) {
        const picture = pictures.get(href);
        return picture ? `<img src="../..${picture.address}" alt="${text}">` : text;
      },
      table(token: Tokens.Table) {
        const cells = (row: Tokens.TableCell[], tag: string) =>
          `<tr>${row.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`;
        const rows = token.rows.map((row) => cells(row, 'td')).join('\n');
        return `<div class="wide" tabindex="0"><table><thead>${cells(token.header, 'th')}</thead><tbody>${rows}</tbody></table></div>\n`;
      },
    },
  });
  return (text) => marked.parse(text, { async: false });
}

/** As GitHub names a heading's anchor. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
