import { setFlagsFromString } from 'node:v8';

/** A process that works less than this share of its time is at rest (twenty small reads a second are more), */
const WORKS_MAX = 0.02;
/** when so many looks in a row have found it so. */
const LOOKS = 10;
const LOOK_MS = 1_000;

/** Hears how much of its time the process has worked since it was last told; `rest` hears when that begins to be rest, and when it ends. */
export function createRest(rest: (isResting: boolean) => void): (worked: number) => void {
  let quiet = 0;
  return (worked) => {
    const before = quiet;
    quiet = worked < WORKS_MAX ? Math.min(LOOKS, quiet + 1) : 0;
    if ((before === LOOKS) !== (quiet === LOOKS)) rest(quiet === LOOKS);
  };
}

/**
 * At rest the process gives back the memory that a load has made it take. V8 would keep all of it: it collects for the sake of memory
 * where little is allocated, and reckons that from the load for minutes. Told to prefer memory it does so within some seconds, in
 * steps; told so under load it would collect far more often. The answer ends it: code is compiled for the flags that hold when it
 * is stored, so that none may be left at the end of the process. The last step stands still for a third of a second where much is kept, so nobody who is asked now and then does it.
 */
export function giveBackAtRest(): () => void {
  const prefer = (memory: boolean) => setFlagsFromString(memory ? '--optimize-for-size' : '--no-optimize-for-size');
  const look = createRest(prefer);
  let seen = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    look(performance.eventLoopUtilization(now, seen).utilization);
    seen = now;
  }, LOOK_MS).unref();
  return () => {
    clearInterval(timer);
    prefer(false);
  };
}
