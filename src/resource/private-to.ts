import type { Clause, Doc } from '../store/store.ts';
import type { Principal } from './context.ts';
import { type Hides, may } from './noun.ts';
import type { List } from './page.ts';

interface Told extends Doc {
  /** Whose the thing that it tells of was alone then; null: everybody's. */
  privateTo: string | null;
}

/** What tells of a thing that only one actor sees is hidden as that thing is. */
export const byPrivateTo: Pick<Hides<Told>, 'test' | 'where'> = {
  test: (principal, { privateTo }) => privateTo !== null && privateTo !== principal.actorId && !seesAll(principal),
  where: (principal) => (seesAll(principal) ? [] : [{ any: shownParts(principal) }]),
};

/** All of these that the principal sees, as kept totals add it up. */
export function allShown<D extends Told>(principal: Principal, where: Clause[] = []): NonNullable<List<D>['totals']> {
  const parts = seesAll(principal) ? [[]] : shownParts(principal).map((part) => [part]);
  return parts.map((part) => ({ sign: 1, where: [...where, ...part] }));
}

function shownParts({ actorId }: Principal) {
  return [null, actorId].map((one) => ({ field: 'privateTo', in: [one] }));
}

function seesAll(principal: Principal): boolean {
  return may(principal, 'namespaces:manage');
}
