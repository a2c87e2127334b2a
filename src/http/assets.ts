import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Negotiator from 'negotiator';
import type { MaybePromise } from '../words/maybe.ts';
import type { Reply } from './reply.ts';

/** A file that the page asks for; its address changes with its content, so that it can be kept for ever. */
export interface Asset {
  address: string;
  type: string;
  read: () => Promise<string | Buffer>;
}

/**
 * Of a path (`/docs/assets/page.js`) the address is made by the content's hash; `identity` is what makes the content
 * another, where the content itself is not at hand yet.
 */
export function asset(path: string, identity: string, read: Asset['read']): Asset {
  const hash = createHash('sha256').update(identity).digest('base64url').slice(0, 16);
  const dot = path.lastIndexOf('.');
  return { address: `${path.slice(0, dot)}.${hash}${path.slice(dot)}`, type: typeOf(path), read };
}

/** Of a text that is at hand. */
export function ownAsset(path: string, text: string): Asset {
  return asset(path, text, async () => text);
}

/** Of a file of a package, which is looked for at start and read when it is first asked for. */
export function fileAsset(path: string, file: URL): Asset {
  const { size, mtimeMs } = statSync(file);
  return asset(path, `${size} ${mtimeMs} ${path}`, () => readFile(file));
}

/** What answers each of them, by its address. */
export function assetsOf(assets: readonly Asset[]): Record<string, Page> {
  const reply = createAssetReplies();
  const answered = assets.map(
    (one) => [one.address, ({ req }: Asked) => reply(one, req.headers['accept-encoding'])] as const,
  );
  return Object.fromEntries(answered);
}

/** A page, or a part of one, that is open to everybody. */
export type Page = (asked: Asked) => MaybePromise<Reply>;

interface Asked {
  req: IncomingMessage;
}

/** By the ending of its name. */
export function typeOf(path: string): string {
  return TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  png: 'image/png',
};

const BROTLI_QUALITY = 5;
const encoders = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: promisify<Buffer, Buffer>(gzip),
  identity: async (bytes: Buffer) => bytes,
};
type Encoding = keyof typeof encoders;
const ENCODINGS = Object.keys(encoders) as Encoding[];

/** Answers assets; each is compressed once, when it is first asked for, beside the event loop. */
function createAssetReplies(): (asset: Asset, acceptEncoding: string | undefined) => Promise<Reply> {
  const encoded = new Map<string, Promise<Buffer>>();
  const bytesOf = ({ address, read }: Asset, encoding: Encoding): Promise<Buffer> => {
    const key = `${encoding} ${address}`;
    const known = encoded.get(key);
    if (known) return known;
    const made = read().then((content) => encoders[encoding](Buffer.from(content)));
    encoded.set(key, made);
    // What could not be read now may be there the next time.
    made.catch(() => encoded.delete(key));
    return made;
  };
  return async (wanted, acceptEncoding) => {
    const headers = { 'accept-encoding': acceptEncoding };
    // The smallest of those that are taken at all: clients name them in any order.
    const taken = new Negotiator({ headers }).encodings([...ENCODINGS]);
    const encoding = ENCODINGS.find((name) => taken.includes(name)) ?? 'identity';
    return {
      status: 200,
      headers: {
        'Content-Type': wanted.type,
        'Cache-Control': 'public, max-age=31536000, immutable',
        'X-Content-Type-Options': 'nosniff',
        Vary: 'Accept-Encoding',
        ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
      },
      body: await bytesOf(wanted, encoding),
    };
  };
}
