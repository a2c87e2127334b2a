import type { Doc } from '../store/store.ts';
import type { Noun } from './noun.ts';
import { referenceTo } from './references.ts';

/** A list of the whole org, whose total is kept. */
export function orgWide(name: string) {
  return () => ({ name, where: [], totals: [{ sign: 1 as const, where: [] }] });
}

/** A list of a workspace, whose total is kept. */
export function ofWorkspace(name: string, workspaceId: string) {
  const where = [{ field: 'workspaceId', in: [workspaceId] }];
  return { name: `${name} of ${workspaceId}`, where, totals: [{ sign: 1 as const, where }] };
}

/** A list of what refers to a document; its name (`namespaces in`) is followed by the id. */
export function naming(noun: Noun<Doc>, name: string) {
  return ({ id }: { id: string }) => ({ name: `${name} ${id}`, where: [], ref: referenceTo(noun, id) });
}
