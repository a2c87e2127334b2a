import { crc32 } from 'node:zlib';
import type { Position } from '../store/store.ts';
import { fromBase64Url, toBase64Url } from '../words/base64.ts';

/** Cursors that are good for one list, its filters and its order. */
export interface Cursors {
  /** An item as it lies in the list. */
  place: <P extends Position>(node: P) => Placed<P>;
  /** Null for a cursor that is foreign, edited or cut. */
  decode: (cursor: string) => Position | null;
}

/** An item of a list; its cursor is made where somebody asks for it. As unchanging as the item itself. */
export class Placed<P extends Position = Position> {
  readonly node: P;
  readonly #binding: number;
  #cursor: string | undefined;

  constructor(node: P, binding: number) {
    this.node = node;
    this.#binding = binding;
    if (Object.isFrozen(node)) Object.freeze(this);
  }

  get cursor(): string {
    this.#cursor ??= encode(this.node, this.#binding);
    return this.#cursor;
  }

  isBoundTo(binding: number): boolean {
    return this.#binding === binding;
  }
}

/** Of documents that the store keeps, their place in the list that has shown them last: most are read in one list again and again. */
const latest = new WeakMap<Position, Placed>();

/** What they are bound to is asked for with the first of them. */
export function boundCursors(boundTo: () => string): Cursors {
  let known: number | undefined;
  const binding = () => {
    known ??= crc32(boundTo());
    return known;
  };
  const place = <P extends Position>(node: P): Placed<P> => {
    const last = latest.get(node);
    if (last?.isBoundTo(binding())) return last as Placed<P>;
    const placed = new Placed(node, binding());
    if (Object.isFrozen(placed)) latest.set(node, placed);
    return placed;
  };
  const decode = (cursor: string): Position | null => {
    const [createdAt, ...rest] = unsealed(cursor, binding())?.split('|') ?? [];
    return createdAt === undefined || rest.length === 0 ? null : { createdAt, id: rest.join('|') };
  };
  return { place, decode };
}

function encode({ createdAt, id }: Position, binding: number): string {
  return sealed(`${createdAt}|${id}`, binding);
}

/** An opaque text that says where a reader is, with a sum of it and of what it is bound to. */
export function sealed(body: string, binding: number): string {
  return toBase64Url(`${crc32(body, binding).toString(36)}|${body}`);
}

/** Null for one that is foreign, edited or cut. */
export function unsealed(cursor: string, binding: number): string | null {
  const text = fromBase64Url(cursor);
  const body = text.slice(text.indexOf('|') + 1);
  return sealed(body, binding) === cursor ? body : null;
}
