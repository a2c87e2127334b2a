import { StoreRefused } from '../store.ts';
import { caseFolding } from './2-case-folding.ts';
import type { Migration } from './migration.ts';

/** Every step, from version 1 on. What is stored without any of them is brought up step by step at the next start. */
export const migrations: readonly Migration[] = [caseFolding];

export const versionAfter = (steps: readonly Migration[]): number => steps.at(-1)?.version ?? 1;

export function stepsFrom(version: number, steps: readonly Migration[]): Migration[] {
  return steps.filter((step) => step.version > version);
}

export function newerData(place: string, version: number, known: number): StoreRefused {
  return new StoreRefused(
    `${place} was written by a newer Switchyard (data version ${version}, this program knows ${known}); start that version, or name another`,
  );
}
