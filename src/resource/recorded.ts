import { Reads, RecordedStore } from '../store/recorded.ts';
import type { Context, Deps } from './context.ts';
import { createLoaders } from './loaders.ts';

/** What an answer was made of beside the request and whoever sent it. */
export interface Sources {
  readonly reads: Reads;
  /** Whether anything else was looked at: the clock, chance, an id, or that the store was written to. */
  readonly others: boolean;
}

/** With all that may be absent, so that what is new cannot be forgotten here. */
type All<T> = { [K in keyof Required<T>]: T[K] };

/** The same context, which notes what an answer that is made with it is made of. */
export function recorded(ctx: Context): { ctx: Context; sources: Sources } {
  const sources = { reads: new Reads(ctx.principal.orgId), others: false };
  const other = <T>(value: T): T => {
    sources.others = true;
    return value;
  };
  const store = new RecordedStore(ctx.deps.store, ctx.principal.orgId, sources.reads, () => void other(null));
  const { deps, principal } = ctx;
  const noted: All<Deps> = {
    store,
    allowPrivateAddresses: deps.allowPrivateAddresses,
    rolesAreClaimed: deps.rolesAreClaimed,
    get now() {
      return other(deps.now);
    },
    get elapsed() {
      return other(deps.elapsed);
    },
    get ids() {
      return other(deps.ids);
    },
    get random() {
      return other(deps.random);
    },
    get randomBytes() {
      return other(deps.randomBytes);
    },
    get log() {
      return other(deps.log);
    },
    get provisioner() {
      return other(deps.provisioner);
    },
    get env() {
      return other(deps.env);
    },
    get wake() {
      return other(deps.wake);
    },
    get bell() {
      return other(deps.bell);
    },
    get meter() {
      return other(deps.meter);
    },
    get tracer() {
      return other(deps.tracer);
    },
  };
  const own: All<Context> = {
    deps: noted,
    principal,
    loaders: createLoaders(store, principal),
    get requestId() {
      return other(ctx.requestId);
    },
    get terms() {
      return other(ctx.terms);
    },
    get pause() {
      return other(ctx.pause);
    },
    get caller() {
      return other(ctx.caller);
    },
    get trace() {
      return other(ctx.trace);
    },
  };
  return { ctx: own, sources };
}
