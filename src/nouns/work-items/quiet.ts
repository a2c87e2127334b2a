import type { Context } from '../../resource/context.ts';
import { bellOf } from '../../resource/write.ts';
import type { Bell } from '../../words/bell.ts';
import { workItems } from './model.ts';

/** How long one look that found nothing speaks for all who wait: what another process leaves is found after that. */
const QUIET_MS = 250;

interface Look {
  rings: number;
  at: number;
}

/** By the process's bell: the last look that found an org's queue empty. */
const looks = new WeakMap<Bell, Map<string, Look>>();

/** Before a look: what it comes to counts from now. */
export function beginLook({ deps: { bell }, principal }: Context): { foundNothing(): void } {
  const name = bellOf(workItems.collection, principal.orgId);
  const look = { rings: bell.rings(name), at: performance.now() };
  return {
    foundNothing() {
      const ofBell = looks.get(bell) ?? new Map<string, Look>();
      looks.set(bell, ofBell.set(name, look));
    },
  };
}

/** Whether somebody has just looked for the same, so that those who wait need not all look. */
export function isQuiet({ deps: { bell }, principal }: Context): boolean {
  const name = bellOf(workItems.collection, principal.orgId);
  const last = looks.get(bell)?.get(name);
  return last !== undefined && last.rings === bell.rings(name) && performance.now() - last.at < QUIET_MS;
}
