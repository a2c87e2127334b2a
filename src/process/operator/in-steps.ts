import { unavailable } from '../../store/sqlite/errors.ts';
import { StoreUnavailable } from '../../store/store.ts';
import { StartRefused } from '../../words/refused.ts';

/** Runs what stores one part after the other, and may be run again: where the store stops answering, nobody is told that nothing was done. */
export async function inSteps<T>(command: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = unavailable(thrown);
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new StartRefused(`${command}: ${whyOf(error)}; a part may be stored already, run it again`, { cause: error });
  }
}

/** Why the store cannot answer, in one line. */
export function whyOf({ message, cause }: StoreUnavailable): string {
  return cause instanceof Error ? `${message}: ${cause.message.replaceAll('\n', ' ')}` : message;
}
