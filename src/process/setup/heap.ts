import { setFlagsFromString } from 'node:v8';

/**
 * Of what a collection has left, how much more V8 may allocate before the next one, in percent. By itself it lets a busy heap
 * grow to four times that, of which no request is answered faster.
 */
const GROWTH_PERCENT = 30;

/** The answer ends it, as code is stored for the flags that hold at the end of the process. */
export function growSlowly(): () => void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  return () => setFlagsFromString('--heap-growing-percent=0');
}
