/** Tells who listens of what has been committed, by the orgs that it concerns. */
export interface Bell {
  ring(orgIds: readonly string[]): void;
  /** Answers how to stop listening. */
  hear(listener: (orgId: string) => void): () => void;
}

export function createBell(): Bell {
  const listeners = new Set<(orgId: string) => void>();
  return {
    ring(orgIds) {
      for (const orgId of new Set(orgIds)) for (const listener of listeners) listener(orgId);
    },
    hear(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
