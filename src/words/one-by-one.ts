export type OneByOne = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Works of one key one after the other, in the order asked; those of other keys beside them. */
export function createOneByOne(): OneByOne {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    last.set(key, done);
    const forget = () => {
      if (last.get(key) === done) last.delete(key);
    };
    done.then(forget, forget);
    return done;
  };
}
