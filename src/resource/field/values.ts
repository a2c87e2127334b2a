import { type FirstValues, object } from '../../store/complete.ts';
import type { Fields, ValuesOf } from './field.ts';

/** What each stored field reads as where nothing is stored. */
export function firstsOf<F extends Fields>(fields: F): FirstValues<ValuesOf<F>> {
  const stored = Object.entries(fields).filter(([, { place }]) => place === 'stored' || place === 'made');
  return Object.fromEntries(stored.map(([name, { first }]) => [name, first])) as FirstValues<ValuesOf<F>>;
}

/** What a new document holds: what its body says, and the first value of whatever that leaves out. */
export function valuesOf<F extends Fields>(fields: F, body: object): ValuesOf<F> {
  const said = Object.entries(body).filter(
    ([name]) => fields[name]?.place === 'stored' && fields[name].create !== null,
  );
  return object<ValuesOf<F>>(firstsOf(fields)).complete(Object.fromEntries(said) as ValuesOf<F>);
}
