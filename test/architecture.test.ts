import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { required } from './required.ts';

/** The wings of the house, lowest first: a file imports from its own wing and from those below, never from above. */
const FLOORS: readonly (readonly string[])[] = [
  ['words', 'worker', 'client'],
  ['validation', 'http', 'store'],
  ['resource', 'console'],
  ['graphql', 'docs'],
  ['rest'],
  ['routing'],
  ['nouns'],
  ['access'],
  ['catalog'],
  ['process'],
];

const floorOf = new Map(FLOORS.flatMap((wings, floor) => wings.map((wing) => [wing, floor] as const)));

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Every import of a file within the house, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join('src', file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
    .map(([, path]) => normalize(join(dirname(file), required(path))))
    .filter((path) => !path.startsWith('..'));
}

const wingOf = (file: string) => required(file.split('/')[0]);

test('every file stands in a wing', () => {
  expect(files.filter((file) => !floorOf.has(wingOf(file)))).toEqual([]);
});

test('no import runs up, nor between two wings of one floor', () => {
  const up = files.flatMap((file) =>
    importsOf(file)
      .filter(
        (path) =>
          wingOf(path) !== wingOf(file) && required(floorOf.get(wingOf(path))) >= required(floorOf.get(wingOf(file))),
      )
      .map((path) => `${file} imports ${path}`),
  );
  expect(up).toEqual([]);
});

/** What stands in a circle: all that is left when again and again what leads nowhere, or comes from nowhere, is taken away. */
function inCircles(all: readonly string[], next: (one: string) => readonly string[]): string[] {
  const arrows = new Map(all.map((one) => [one, next(one).filter((other) => other !== one)]));
  for (let size = 0; size !== arrows.size; ) {
    size = arrows.size;
    const targets = new Set([...arrows.values()].flat());
    for (const [one, to] of arrows) if (!targets.has(one) || !to.some((other) => arrows.has(other))) arrows.delete(one);
  }
  return [...arrows].flatMap(([one, to]) =>
    to.filter((other) => arrows.has(other)).map((other) => `${one} > ${other}`),
  );
}

test('no files import each other in a circle, types included', () => {
  expect(inCircles(files, importsOf)).toEqual([]);
});

test.each([
  // A noun is one room, whatever folders it has.
  ['nouns', (file: string) => file.split('/').slice(0, 2).join('/')],
  // What lies in a folder and what lies below it are two rooms: one of them stands on the other.
  ['folders', (file: string) => dirname(file)],
])('no %s import each other in a circle', (of, roomOf) => {
  const inside = files.filter((file) => of === 'folders' || wingOf(file) === of);
  const importsOfRoom = (room: string) =>
    inside.filter((file) => roomOf(file) === room).flatMap((file) => importsOf(file).map(roomOf));
  expect(inCircles([...new Set(inside.map(roomOf))], importsOfRoom)).toEqual([]);
});

test.each(['worker', 'client'])('the %s could be lifted out: it imports nothing of the rest', (wing) => {
  const own = files.filter((file) => wingOf(file) === wing);
  expect(own.length).toBeGreaterThan(0);
  const outside = own.flatMap((file) => importsOf(file).filter((path) => wingOf(path) !== wing));
  expect(outside).toEqual([]);
});

test('the client needs nothing but what browsers and servers have', () => {
  const own = files.filter((file) => wingOf(file) === 'client').map((file) => readFileSync(join('src', file), 'utf8'));
  expect(own.flatMap((text) => [...text.matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name))).toEqual([]);
});

test('the core of the client, what routes, asks and reports, is at most 300 lines', () => {
  const core = ['index', 'grants', 'reports'].map((name) => readFileSync(`src/client/${name}.ts`, 'utf8'));
  expect(core.join('').split('\n').length).toBeLessThanOrEqual(300);
});
