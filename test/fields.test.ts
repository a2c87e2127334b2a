import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import '../src/catalog/nouns.ts';
import type { Context } from '../src/resource/context.ts';
import type { Field } from '../src/resource/field/field.ts';
import * as field from '../src/resource/field/index.ts';
import { newDoc } from '../src/resource/new-doc.ts';
import { allNouns, defineNoun } from '../src/resource/noun.ts';
import { mergePatch, replaceFields } from '../src/resource/patch.ts';
import { complete } from '../src/store/complete.ts';
import { walk } from '../src/validation/walk.ts';

const real = [...allNouns()];

const colour = field.words('Colour', 'What it looks like.', { red: 'Red.', blue: 'Blue.' });
const inner = field.object('Inner', 'What is inside.', {
  limit: field.optionalInteger({ min: 1 }, 'A limit.'),
  mode: field.wordOr(colour, 'red', 'A mode.'),
});
const item = field.object('Item', 'One of many.', { id: field.id('Which.'), weight: field.count('How heavy.') });
const spoken = { purpose: field.optionalText('What for.'), notes: field.stringMap('Notes.') };

/** One of each kind, and what is made of them. */
const fields = {
  probeId: field.documentedId(),
  name: field.name('The name.'),
  text: field.text(z.string().max(5), 'A text.'),
  maybe: field.optionalText('A text, or none.'),
  region: field.textOr('here', 'Where.'),
  flag: field.flag(true, 'Whether.'),
  percent: field.percent(50, 'A share.'),
  count: field.count('How many.'),
  limit: field.optionalInteger({ min: 1, max: 9 }, 'A limit.'),
  threshold: field.integerOrNull(7, { min: 1 }, 'A threshold.'),
  colour: field.wordOr(colour, 'blue', 'The colour.'),
  other: field.optionalWord(colour, 'Another.'),
  tags: field.tags(),
  labels: field.stringMap('Labels.'),
  free: field.optionalFreeMap('Free.'),
  settings: field.settings(inner, 'Settings.'),
  gate: field.optionalSettings(inner, 'A gate.'),
  items: field.objectList(item, { max: 2, message: 'at most two' }, 'Items.'),
  fixed: field.createOnly(field.optionalText('Said once.')),
  later: field.updateOnly(field.flag(false, 'Said later.')),
  told: field.readOnly(field.optionalText('Told.')),
  secret: field.hidden(field.optionalText('Seen by nobody.')),
  derived: field.derived(field.count('Worked out.')),
  given: field.given(field.optionalText('Read by the repository.')),
  parentId: field.parent('What it lies in.'),
  marks: field.internal<string[]>([]),
  ...field.partsOf('spoken', spoken),
  spoken: field.stored(spoken),
  ...field.authored,
};
const probes = defineNoun(fields, {
  type: 'Probe',
  resource: 'probe',
  permission: 'apps',
  collection: { name: 'probes' },
});
type Probe = field.DocOf<typeof fields>;

const ctx = { deps: { now: () => 0 }, principal: { orgId: 'org_1', actorId: 'mem_1' } } as unknown as Context;
const FIRST = { name: 'x', text: 'y' };

const posted = (body: object) => walk(probes.bodies.create, body, ['body'], { naming: 'snake' });
const sent = (body: object) => walk(probes.bodies.update, body, ['body'], { naming: 'snake' });
const OWN = { parentId: 'p', marks: [], spoken: { purpose: 'chat', notes: {} } };
const made = (body: object = FIRST): Probe =>
  newDoc(ctx, probes, 'probe_1', posted(body).value, {
    parentId: 'p',
    marks: [],
    spoken: { purpose: null, notes: {} },
  });
const changed = (doc: Probe, body: object) => {
  const { value, issues } = sent(body);
  expect(issues).toEqual([]);
  return mergePatch(probes, doc, value);
};
const issuesOf = ({ issues }: { issues: { type: string; loc: unknown[] }[] }) =>
  issues.map(({ type, loc }) => `${type} ${loc.slice(1).join('.')}`);

const firstOf = ({ first }: Field) => complete({ first: { it: first } }, {} as { it?: unknown }).it;

describe('a kind of field', () => {
  test('what POST leaves out has its first value, and so has what an older program stored none of', () => {
    const doc = made();
    const older = complete(probes.collection, { ...FIRST, id: 'probe_1', parentId: 'p' } as unknown as Probe);
    for (const name of Object.keys(fields) as (keyof typeof fields)[]) {
      const { place } = fields[name];
      if (place !== 'stored' || name in FIRST) continue;
      expect([name, doc[name as keyof Probe]]).toEqual([name, firstOf(fields[name])]);
      expect([name, older[name as keyof Probe]]).toEqual([name, firstOf(fields[name])]);
    }
    expect(doc).toMatchObject({ region: 'here', flag: true, threshold: 7, colour: 'blue', marks: [], labels: {} });
    expect(doc).toMatchObject({ settings: { limit: null, mode: 'red' }, gate: null, items: [], maybe: null });
    for (const name of ['derived', 'given', 'probeId', 'purpose']) expect(doc).not.toHaveProperty(name);
  });

  test('two documents share nothing of their first values', () => {
    const [one, other] = [made(), made()];
    one.tags.push('x');
    one.labels.a = '1';
    one.settings.limit = 5;
    expect([other.tags, other.labels, other.settings.limit, made().tags]).toEqual([[], {}, null, []]);
  });

  test('POST demands what has no first value, and bounds hold in both bodies', () => {
    expect(issuesOf(posted({}))).toEqual(['missing name', 'missing text']);
    const out = { text: 'too long', percent: 101, count: -1, limit: 10, colour: 'green', items: [{}, {}, {}] };
    const found = [
      ...['string_too_long text', 'less_than_equal percent', 'greater_than_equal count', 'less_than_equal limit'],
      'enum colour',
    ];
    expect(issuesOf(posted({ ...FIRST, ...out }))).toEqual(expect.arrayContaining(found));
    expect(issuesOf(sent(out))).toEqual(expect.arrayContaining(found));
  });

  test('a change moves what it says, whole or within, and leaves the rest', () => {
    const doc = made({ ...FIRST, labels: { a: '1', b: '2' }, settings: { limit: 3 }, items: [{ id: 'i' }] });
    const next = changed(doc, {
      labels: { a: null, c: '3' },
      settings: { mode: 'blue' },
      items: [],
      gate: { limit: 2 },
    });
    expect(next).toEqual({
      ...doc,
      ...{ labels: { b: '2', c: '3' }, settings: { limit: 3, mode: 'blue' }, items: [] },
      gate: expect.objectContaining({ limit: 2 }),
    });
    expect(changed(next, { gate: null, maybe: null }).gate).toBeNull();
    expect(changed(doc, {})).toEqual(doc);
  });

  test('who may say it: once, later, or nobody, who may repeat it', () => {
    const all = { fixed: 'a', later: true, told: 'b', created_at: 'c' };
    const doc = made({ ...FIRST, ...all });
    expect(doc).toMatchObject({ fixed: 'a', later: false, told: null });
    expect(changed(doc, { ...all, fixed: 'z' })).toMatchObject({ fixed: 'a', later: true, told: null });
    for (const name of ['secret', 'parentId', 'marks'])
      expect(issuesOf(posted({ ...FIRST, [name]: 'x' })), name).toEqual([`extra_forbidden ${name}`]);
  });

  test('parts are said beside the others and stored together', () => {
    const { value } = posted({ ...FIRST, purpose: 'chat' });
    expect(value).toMatchObject({ purpose: 'chat' });
    const doc = newDoc(ctx, probes, 'probe_1', value, OWN);
    expect(doc).toMatchObject({ spoken: OWN.spoken });
    expect(doc).not.toHaveProperty('purpose');
  });

  test('a PUT of any subset is a change of it, however it is cut', () => {
    const whole = { name: 'n', maybe: 'm', flag: false, limit: 2, colour: 'red', tags: ['t'], free: { a: 1 } } as const;
    fc.assert(
      fc.property(fc.subarray(Object.keys(whole)), (names) => {
        const part = Object.fromEntries(names.map((name) => [name, whole[name as keyof typeof whole]]));
        const doc = made();
        expect(replaceFields(probes, doc, sent(part).value)).toEqual({ ...doc, ...part });
      }),
    );
  });
});

describe.each(real.map((noun) => [noun.type, noun] as const))('%s', (_type, { fields, bodies }) => {
  const own = Object.entries(fields);

  test('a change may set to null what replies may show as null, and nothing else', () => {
    for (const [name, { update, shown }] of own) {
      if (update === null || shown === null) continue;
      const { issues } = walk(bodies.update, { [name]: null }, ['body'], { naming: 'camel' });
      const isRefused = issues.some(({ loc }) => loc[1] === name);
      expect([name, isRefused]).toEqual([name, !shown.nullable]);
    }
  });

  test('what POST leaves out is what an older document reads as', () => {
    for (const [name, one] of own) {
      const silent = one.place === 'stored' ? one.create?.safeParse(undefined) : undefined;
      if (silent?.success && silent.data !== undefined) expect([name, silent.data]).toEqual([name, firstOf(one)]);
    }
  });

  test('what is shown is described, and what is stored has a first value', () => {
    for (const [name, one] of own) {
      if (one.shown) expect([name, one.shown.description]).toEqual([name, expect.stringMatching(/\.$/)]);
      if (one.place === 'stored' || one.place === 'made') expect([name, firstOf(one)]).not.toEqual([name, undefined]);
    }
  });
});
