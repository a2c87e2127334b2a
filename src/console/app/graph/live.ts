/** Who wants to hear of which events; `*` stands for any word. */
interface Listener {
  matches: (type: string) => boolean;
  tell: (of: string | undefined) => void;
}

const listeners = new Set<Listener>();

/** Tells, at most a few times a second, that events of these types have happened, and to what. */
export function onEvents(types: readonly string[], tell: (of: ReadonlySet<string>) => void): () => void {
  if (types.length === 0) return () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let things = new Set<string>();
  const listener: Listener = {
    matches: (type) => types.some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : type === one)),
    tell: (of) => {
      if (of !== undefined) things.add(of);
      timer ??= setTimeout(() => {
        timer = undefined;
        const told = things;
        things = new Set();
        tell(told);
      }, QUIET_MS);
    },
  };
  listeners.add(listener);
  return () => {
    clearTimeout(timer);
    listeners.delete(listener);
  };
}

const QUIET_MS = 250;

let isTold = false;

/** Whether what happens is told now; until it is, and where it may not be read, views ask from time to time. */
export const isToldNow = () => isTold;

export function tellsNow(isSo: boolean): void {
  isTold = isSo;
}

export function happened(type: string, of?: string): void {
  for (const listener of listeners) if (listener.matches(type)) listener.tell(of);
}

/** Where nobody was told for a while, and what was missed cannot be told any more. */
export function anythingMayHaveHappened(): void {
  for (const listener of listeners) listener.tell(undefined);
}
