/** Who wants to hear of which events; `*` stands for any word. */
interface Listener {
  matches: (type: string) => boolean;
  tell: () => void;
}

const listeners = new Set<Listener>();

/** Tells, at most a few times a second, that events of these types have happened. */
export function onEvents(types: readonly string[], tell: () => void): () => void {
  if (types.length === 0) return () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listener: Listener = {
    matches: (type) => types.some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : type === one)),
    tell: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        tell();
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

export function happened(type: string): void {
  for (const listener of listeners) if (listener.matches(type)) listener.tell();
}
