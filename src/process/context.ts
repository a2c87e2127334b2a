import { noPause } from '../http/pauses.ts';
import { type Caller, type Context, type Deps, NO_TERMS, type Principal } from '../resource/context.ts';
import { createLoaders } from '../resource/loaders.ts';

/** The context asks the given store, which may have a deadline. */
export function createContext(
  deps: Deps,
  principal: Principal,
  requestId: string,
  store = deps.store,
  pause = noPause,
  caller?: Caller,
): Context {
  return {
    deps: { ...deps, store },
    principal,
    loaders: createLoaders(store, principal),
    requestId,
    terms: NO_TERMS,
    pause,
    caller,
  };
}
