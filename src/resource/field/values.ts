import type { FirstValues } from '../../store/complete.ts';
import type { Fields, ValuesOf } from './field.ts';

/** What each stored field reads as where nothing is stored. */
export function firstsOf<F extends Fields>(fields: F): FirstValues<ValuesOf<F>> {
  const stored = Object.entries(fields).filter(([, { place }]) => place === 'stored' || place === 'made');
  return Object.fromEntries(stored.map(([name, { first }]) => [name, first])) as FirstValues<ValuesOf<F>>;
}

/** What the body of POST says of what is stored. */
export function saidOf<F extends Fields>(fields: F, body: object): Partial<ValuesOf<F>> {
  const said: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body))
    if (fields[name]?.place === 'stored' && fields[name].create !== null) said[name] = value;
  return said as Partial<ValuesOf<F>>;
}
