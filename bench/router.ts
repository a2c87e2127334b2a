/**
 * The router of `/v1` beside find-my-way, which comes with the peers, on every row: `npx node bench/router.ts`. It is held to
 * the same: a fixed word wins whatever the method, a known path answers other methods with its own, and paths are
 * matched as sent. Ratios above 1 are slower than ours.
 */
import { deepStrictEqual } from 'node:assert';
import { createRequire } from 'node:module';
import { rows } from '../src/catalog/nouns.ts';
import { createRouter, parametersOf } from '../src/rest/router.ts';
import type { Row } from '../src/rest/row.ts';
import { required } from '../test/required.ts';
import { compare, print } from './measure.ts';

interface FindMyWay {
  on(methods: string[], path: string, handler: () => void, store: Row | Match): void;
  find(method: string, path: string): { store: Row | Match; params: Record<string, string> } | null;
}
/** What a path is found to be, its parameters read. */
type Match = { row: Row; parameters: Record<string, string> } | { allow: string[] } | null;
type Make = (options: { maxParamLength: number }) => FindMyWay;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** As it comes: other methods of a known path are unknown, paths are decoded before they are matched. */
function plain(): (method: string, path: string) => unknown {
  const router = made();
  for (const row of rows) router.on([row.method], pathOf(row), nothing, row);
  return (method, path) => router.find(method, path);
}

/** With what the contract says beyond that. */
function contracted(): (method: string, path: string) => Match {
  const router = made();
  for (const [path, same] of Map.groupBy(rows, pathOf)) {
    for (const row of same) router.on([row.method], path, nothing, row);
    const allow = same.map(({ method }) => method as string);
    const others = METHODS.filter((method) => !allow.includes(method));
    router.on(others, path, nothing, { allow });
  }
  return (method, path) => {
    // What it decodes is again what was sent.
    const found = router.find(METHODS.includes(method) ? method : 'HEAD', path.replaceAll('%', '%25'));
    if (!found?.store) return null;
    const parameters: Record<string, string> = {};
    for (const [name, value] of Object.entries(found.params)) {
      const decoded = value.includes('%') ? decode(value) : value;
      if (!decoded) return null;
      parameters[name] = decoded;
    }
    return 'operationId' in found.store ? { row: found.store, parameters } : found.store;
  };
}

function our(): (method: string, path: string) => Match {
  const match = createRouter(rows);
  return (method, path) => {
    const found = match(method, path);
    return found && 'row' in found ? { row: found.row, parameters: parametersOf(found) } : found;
  };
}

function made(): FindMyWay {
  const make = createRequire(new URL('peers/', import.meta.url))('find-my-way') as Make;
  return make({ maxParamLength: 100_000 });
}

const nothing = () => {};
const pathOf = ({ path }: Row) => path.replaceAll(/\{(\w+)\}/g, ':$1');

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const asked = rows.map(({ method, path }) => [method, path.replaceAll(/\{\w+\}/g, 'ns_0123456789abcdefghijklmnop')]);
const ours = our();
const theirs = contracted();
const odd = ['%41', '%', '', 'a%2Fb', 'test-match'];
const oddly = rows.flatMap(({ path }) => odd.map((value) => path.replaceAll(/\{\w+\}/g, value)));
for (const path of [...asked.map(([, known]) => required(known)), ...oddly, '/v1/%6Frgs', '/v1/orgs/', '//'])
  for (const method of [...METHODS, 'PROPFIND'])
    deepStrictEqual(theirs(method, path), ours(method, path), `${method} ${path}`);

const all = (match: (method: string, path: string) => unknown) => () => {
  for (const [method, path] of asked) match(required(method), required(path));
};
const measured = await compare([
  { name: 'ours', run: all(ours) },
  { name: 'find-my-way, as it comes', run: all(plain()) },
  { name: 'find-my-way, with what the contract says', run: all(theirs) },
]);
print(`every one of ${rows.length} rows, once`, measured);
