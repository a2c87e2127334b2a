/** A promise of the product and the smallest edit that breaks it: the named tests have to fail on it. */
export interface Mutant {
  breaks: string;
  file: string;
  /** Texts of the file, each of them there exactly once, and what takes their places. */
  edits: [string, string][];
  tests: string[];
}
