import { noPause } from '../../http/pauses.ts';
import { type Context, type Deps, NO_TERMS, type Principal } from '../../resource/context.ts';
import { createLoaders } from '../../resource/loaders.ts';
import type { Store } from '../../store/store.ts';

/** What a context has of a request that is served. */
interface Served extends Pick<Context, 'pause' | 'caller' | 'trace'> {
  store: Store;
}

/** The context asks the given store, which may have a deadline. */
export function createContext(
  deps: Deps,
  principal: Principal,
  requestId: string,
  { store = deps.store, pause = noPause, caller, trace }: Partial<Served> = {},
): Context {
  return {
    deps: { ...deps, store },
    principal,
    loaders: createLoaders(store, principal),
    requestId,
    terms: NO_TERMS,
    pause,
    caller,
    trace,
  };
}
