/** That a commit has given numbers to documents of a collection in an org. */
export interface Given {
  in: string;
  orgId: string;
}

/** Tells who listens of what has been committed, by the orgs that it concerns. */
export interface Bell {
  ring(given: readonly Given[]): void;
  /** Answers how to stop listening. */
  hear(of: { name: string }, listener: (orgId: string) => void): () => void;
}

export function createBell(): Bell {
  const listeners = new Set<{ to: string; listener: (orgId: string) => void }>();
  return {
    ring(given) {
      for (const one of listeners) {
        const orgIds = given.filter((number) => number.in === one.to).map(({ orgId }) => orgId);
        for (const orgId of new Set(orgIds)) one.listener(orgId);
      }
    },
    hear({ name }, listener) {
      const one = { to: name, listener };
      listeners.add(one);
      return () => void listeners.delete(one);
    },
  };
}
