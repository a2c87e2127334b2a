import type { Decision, Refusal } from './types.ts';

/** The control plane could not be reached, or had no time, for as long as it was given. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The control plane answered that the request is wrong, or not allowed: trying again will not help. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    const { error, message } = (body ?? {}) as { error?: string; message?: string };
    super(`the control plane answered ${[status, error, message].filter(Boolean).join(' ')}`);
    this.status = status;
    this.body = body;
  }
}

/** The policies, the grants or the limits say no, and not for now only. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;
  readonly decision: Decision;
  constructor(decision: Decision & { refusal: Refusal }) {
    super(`refused: ${decision.refusal.code}`);
    this.refusal = decision.refusal;
    this.decision = decision;
  }
}
