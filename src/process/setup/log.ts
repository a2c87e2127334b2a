import { type Logger, pino } from 'pino';
import { gathered } from './lines.ts';
import { openOutlet } from './outlet.ts';

/** What is written at once, at most, where nobody else writes to the same place. */
const TEXT_MAX = 65_536;
/** What POSIX writes into a pipe as a whole, whoever else writes into it. */
export const WHOLE_BYTES = 4_096;

/** Logs go to standard error as JSON lines; whatever could hold a secret is left out. */
export function createLog(level: string, textMax = TEXT_MAX): Logger {
  // By being looked at Node's own stream makes a pipe refuse what it has no room for, instead of letting the process wait.
  const { fd } = process.stderr;
  const outlet = openOutlet(fd);
  const lines = gathered(outlet, textMax);
  process.once('exit', () => {
    lines.flush();
    outlet.end();
  });
  return pino({ level, base: undefined, redact: ['*.authorization', 'authorization', '*.token', 'token'] }, lines);
}
