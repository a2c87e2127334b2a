/** Why a worker cannot start or go on: one line for a person. */
export class WorkerRefused extends Error {
  /** The words of its command are wrong, nothing else. */
  readonly isUsage: boolean;
  constructor(message: string, isUsage = false) {
    super(message);
    this.isUsage = isUsage;
  }
}
