import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { NamesQuery } from '../graph/documents.generated.ts';

/** How people call what ids name. */
export type Names = ReadonlyMap<string, string>;

export const NamesContext = createContext<Names>(new Map());

export function namesOf({ workspaces, providerAccounts }: NamesQuery): Names {
  return new Map([
    ...(workspaces?.nodes ?? []).map((one) => [one.workspaceId, one.name] as const),
    ...(providerAccounts?.nodes ?? []).map((one) => [one.providerAccountId, one.name] as const),
  ]);
}

/** The name where it is known, else the id. */
export function useName(): (id: string) => string {
  const names = useContext(NamesContext);
  return (id) => names.get(id) ?? id;
}
