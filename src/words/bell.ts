/** Tells those who wait in this process that something has come; whoever waits elsewhere has to look. */
export interface Bell {
  ring(name: string): void;
  /** How often it has rung under this name, so that who looked can tell whether it has since. */
  rings(name: string): number;
  /** Resolves when it rings next. */
  heard(name: string): Promise<void>;
}

export function createBell(): Bell {
  const rung = new Map<string, number>();
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  return {
    ring(name) {
      rung.set(name, (rung.get(name) ?? 0) + 1);
      waiting.get(name)?.resolve();
      waiting.delete(name);
    },
    rings: (name) => rung.get(name) ?? 0,
    heard(name) {
      const next = waiting.get(name) ?? Promise.withResolvers<void>();
      waiting.set(name, next);
      return next.promise;
    },
  };
}
