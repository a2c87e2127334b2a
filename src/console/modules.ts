import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expected } from '../words/expected.ts';
import { strip } from './strip.ts';

/** A file of the console, below the folder of all of them. */
export interface Part {
  path: string;
  source: string;
  /** What the browser gets of it. */
  read: () => Promise<string>;
}

const APP = new URL('./app/', import.meta.url);

/** What comes from packages: the file of each name that modules import. */
const PACKAGES: Record<string, string> = {
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  uplot: 'uplot/dist/uPlot.esm.js',
};

/**
 * The modules as a browser takes them: types stripped when they are first asked for, and every import naming a file
 * beside it, since nothing at the other end looks names of packages up.
 */
export function modules(): Part[] {
  const files = filesOf('.ts');
  let stripping: Promise<string[]> | null = null;
  const stripped = () => {
    stripping ??= strip(files.map(({ source }) => source));
    return stripping;
  };
  const own = files.map(({ path, source }, at) => ({
    path: addressOf(`./${path}`, 'app/main.ts'),
    source,
    read: async () => relinked(expected((await stripped())[at], `module ${path}`), `app/${path}`),
  }));
  const packages = Object.entries(PACKAGES).map(([name, file]) => {
    const source = packaged(file);
    const path = addressOf(name, 'app/main.ts');
    return { path, source, read: async () => relinked(source, path) };
  });
  return [...own, ...packages];
}

export function styles(): Part[] {
  const plots = { path: 'packages/uplot.css', source: packaged('uplot/dist/uPlot.min.css') };
  return [plots, ...filesOf('.css')].map((part) => ({ ...part, read: async () => part.source }));
}

function filesOf(ending: string): { path: string; source: string }[] {
  return readdirSync(APP, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith(ending))
    .sort()
    .map((path) => ({ path, source: readFileSync(new URL(path, APP), 'utf8') }));
}

function packaged(file: string): string {
  return readFileSync(new URL(import.meta.resolve(file)), 'utf8');
}

const IMPORT = /\b(from|import)(\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+|[a-z/]+)\3/g;

function relinked(code: string, from: string): string {
  return code.replace(IMPORT, (whole, keyword: string, between: string, quote: string, name: string) => {
    if (!name.startsWith('.') && !Object.hasOwn(PACKAGES, name)) return whole;
    const path = posix.relative(posix.dirname(from), addressOf(name, from));
    return `${keyword}${between}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
  });
}

/** Where what a module imports lies, below the folder of all parts. */
function addressOf(name: string, from: string): string {
  if (!name.startsWith('.')) return `packages/${name.replace('/', '-')}.js`;
  return posix.join(posix.dirname(from), name).replace(/\.ts$/, '.js');
}
