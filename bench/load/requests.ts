/** What the generator is told to send, as bytes that are ready before the clock runs. */

export interface Target {
  url: string;
  headers: Record<string, string>;
}

export interface Sent {
  method: string;
  path: string;
  body?: string;
}

/** A request with the place of what is new each time, where it has one. */
interface Template {
  bytes: Buffer;
  nameAt: number;
}

const PLACE = '[<id>]';
/** Of the same length each time, so that the request's own length stays. */
const NAME_LENGTH = 16;
const ownPart = process.pid.toString(36) + Date.now().toString(36);
let names = 0;

function templateOf({ url, headers }: Target, { method, path, body = '' }: Sent): Template {
  const filled = body.replace(PLACE, '-'.repeat(NAME_LENGTH));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'GET' ? [] : [`Content-Length: ${Buffer.byteLength(filled)}`]),
  ];
  const head = `${lines.join('\r\n')}\r\n\r\n`;
  const at = body.indexOf(PLACE);
  return { bytes: Buffer.from(head + filled), nameAt: at < 0 ? -1 : Buffer.byteLength(head + body.slice(0, at)) };
}

export const bytesOf = (target: Target, sent: Sent): Buffer => templateOf(target, sent).bytes;

/** One request after the other; null when there is none left. */
export interface Supply {
  next(): Buffer | null;
  /** What was refused changed nothing, and can be asked again. */
  giveBack(request: Buffer): void;
}

/** The same requests round and round. */
export function endless(target: Target, requests: readonly Sent[]): Supply {
  const templates = requests.map((sent) => templateOf(target, sent));
  let at = -1;
  return {
    next() {
      at = (at + 1) % templates.length;
      const template = templates[at];
      return template ? named(template) : null;
    },
    giveBack() {},
  };
}

function named({ bytes, nameAt }: Template): Buffer {
  if (nameAt < 0) return bytes;
  names += 1;
  const own = Buffer.from(bytes);
  own.write((ownPart + names.toString(36).padStart(8, '0')).slice(-NAME_LENGTH), nameAt, 'latin1');
  return own;
}

/** Takes each of them away, and gives back what was refused. */
export const takenFrom = (stock: Buffer[]): Supply => ({
  next: () => stock.pop() ?? null,
  giveBack: (request) => void stock.push(request),
});
