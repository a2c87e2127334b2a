/** A document as an older program stored it. */
export type StoredDocument = Readonly<Record<string, unknown>>;

/**
 * One step from a data version to the next, for both engines. What it says of documents is frozen: it names their fields
 * as they were, and never imports a model, which goes on changing.
 */
export interface Migration {
  /** The data version that it leads to. */
  version: number;
  /** By collection: the document of that version; whoever made or changed it last stays. */
  documents: Readonly<Record<string, (stored: StoredDocument) => StoredDocument>>;
  /** Collections whose keys, references, totals and folded texts are made anew from their documents. */
  derived: readonly string[];
}
