import type { Migration } from './migration.ts';

/**
 * Version 1 folded names by lower case, where a final sigma differs from others and ß from ss. Names are equal by full
 * case folding now: the documents stay as they are, their keys and the texts that searches look in are made anew.
 */
export const caseFolding: Migration = {
  version: 2,
  documents: {},
  derived: ['workspaces', 'apps', 'environments', 'namespaces', 'members', 'roles'],
};
