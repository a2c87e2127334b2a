import type { components } from './api.generated.ts';
import type { Clock } from './clock.ts';

type Schemas = components['schemas'];
export type DecideBody = Schemas['DecideBody'];
/** Who asks, and for what: the body of `POST /v1/orgs/{org_id}/decisions` without `retry_of`, which is the client's own affair. */
export type RouteContext = Omit<DecideBody, 'retry_of'>;
export type Decision = Schemas['Decision'];
/** One that admits, with what it says of where to go. */
export type Admitted = Decision & Record<'logical_model_id' | 'provider_account_id' | 'upstream_model', string>;
export type Refusal = Schemas['DecisionRefusal'];
export type Outcome = Schemas['ReportOutcomeBody'];
export type ErrorClass = NonNullable<Outcome['error_class']>;
export type Account = Schemas['ProviderAccount'];

export interface Failure {
  error_class: ErrorClass;
  retry_after_seconds: number | null;
}

export interface Tokens {
  input: number | null;
  output: number | null;
}

/** Where one attempt goes. */
export interface Route {
  /** Null while the control plane is away and its last good decision is used. */
  decisionId: string | null;
  logicalModelId: string;
  providerAccountId: string;
  /** What the provider calls the model. */
  upstreamModel: string;
  /** Null where the token may not read the account. */
  providerType: Account['provider_type'] | null;
  /** Where the caller finds the key (`env:NAME`, `vault:…`); never the key. */
  credentialsRef: string | null;
  /** 1 for the first. */
  attempt: number;
  /** Aborted when the caller goes away or the provider takes too long: hand it to `fetch`. */
  signal: AbortSignal;
}

export interface Options {
  /** Where Switchyard answers, without `/v1`. */
  url: string;
  /** A token with `decisions:create`, `decisions:update` and `provider_accounts:read`. */
  token: string | (() => string | Promise<string>);
  /** By default the org that the token acts in. */
  orgId?: string;
  /** While the control plane cannot be reached: fail, or use the last good decision of the same context for so many milliseconds. */
  whenUnreachable?: 'fail' | { use: number };
  /** How many targets one request may try: 5. */
  attempts?: number;
  /** How long the control plane may take to decide before it counts as unreachable: 5,000 ms. */
  decideMs?: number;
  /** How long a provider may be silent, before the first byte and between two: 60,000 ms. */
  silenceMs?: number;
  /** How long a request may wait in all because a refusal or a provider said so: 30,000 ms. */
  waitMs?: number;
  /** How many reports may wait for the control plane before new requests do: 1,000. */
  queueMax?: number;
  /** What went wrong, where the caller knows it better than its status and name say. */
  classify?: (error: unknown) => Partial<Failure> | undefined;
  /** Told of an outcome that the control plane will never know, and why; what it throws is passed over, as in the other two here. */
  onLost?: (decisionId: string, outcome: Outcome, why: unknown) => unknown;
  /** How an edge runtime is kept alive until a report is told. */
  waitUntil?: (told: Promise<unknown>) => void;
  fetch?: typeof globalThis.fetch;
  clock?: Clock;
  /** From 0 to 1, for the pauses. */
  random?: () => number;
  /** Names one request to decide, however often it is sent. */
  uuid?: () => string;
}

export type Wired = Required<Omit<Options, 'orgId'>> & Pick<Options, 'orgId'>;

export type Call<T> = (route: Route) => Promise<T> | T;

export interface Switchyard extends AsyncDisposable {
  /**
   * Asks where this request may go, calls there, reports what came of it, and goes elsewhere where it failed. Answers what `call`
   * answered: a `Response`, a stream or an async iterable is reported at its end. Where every target failed, the last one's answer
   * (or error) is what comes out.
   */
  route<T>(context: RouteContext, call: Call<T>, options?: { signal?: AbortSignal }): Promise<T>;
  /** Waits until what has ended is told; answers how many reports are not, after `withinMs` (10,000). */
  flush(options?: { withinMs?: number }): Promise<number>;
}
