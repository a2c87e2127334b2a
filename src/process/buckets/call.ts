/** A call that ends in time or is called off, whether or not it heeds the signal that it is given. */
export async function within(
  ms: number,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  outer.throwIfAborted();
  const calledOff = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const callOff = (reason: unknown) => {
    calledOff.abort(reason);
    reject(reason);
  };
  const leave = () => callOff(outer.reason);
  const late = setTimeout(() => callOff(new NoAnswer(ms)), ms);
  outer.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([call(calledOff.signal), promise]);
  } finally {
    clearTimeout(late);
    outer.removeEventListener('abort', leave);
  }
}

export class NoAnswer extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1000} s`);
  }
}
