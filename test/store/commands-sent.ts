import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';
import { required } from '../required.ts';

/** A command as it goes over the wire: its name is its first key. */
export interface Sent {
  name: string;
  /** The collection, where it names one. */
  on: string;
  body: Document;
}

/** A way to the MongoDB of an address that hands on every byte, and every command that it has seen to `hear`. */
export async function listenIn(uri: string, hear: (sent: Sent) => void) {
  const { hostname, port } = new URL(uri);
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(Number(port || 27_017), hostname);
    let rest: Buffer = Buffer.alloc(0);
    client.on('data', (bytes) => {
      server.write(bytes);
      rest = Buffer.concat([rest, bytes]);
      for (let size = sizeOf(rest); size <= rest.length; size = sizeOf(rest)) {
        const sent = commandOf(rest.subarray(0, size));
        if (sent) hear(sent);
        rest = rest.subarray(size);
      }
    });
    server.on('data', (bytes) => client.write(bytes));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    through(uri: string): string {
      const url = new URL(uri);
      url.port = String((listener.address() as AddressInfo).port);
      return url.toString();
    },
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const HEAD = 16;
const OP_MSG = 2_013;

function sizeOf(bytes: Buffer): number {
  return bytes.length < HEAD ? Number.POSITIVE_INFINITY : bytes.readInt32LE(0);
}

/** null for what is no command of today's protocol: the first word of a handshake. */
function commandOf(message: Buffer): Sent | null {
  if (message.readInt32LE(12) !== OP_MSG) return null;
  const body: Document = {};
  // Behind the flags: the command itself, and lists of documents that belong to it.
  for (let at = HEAD + 4; at < message.length; ) {
    const isList = message[at] === 1;
    const size = message.readInt32LE(at + 1);
    const part = message.subarray(at + 1, at + 1 + size);
    if (isList) {
      const end = part.indexOf(0, 4);
      body[part.toString('utf8', 4, end)] = documentsOf(part.subarray(end + 1));
    } else Object.assign(body, BSON.deserialize(part));
    at += 1 + size;
  }
  const name = required(Object.keys(body).find((key) => !['documents', 'updates', 'deletes'].includes(key)));
  return { name, on: typeof body[name] === 'string' ? body[name] : '', body };
}

function documentsOf(bytes: Buffer): Document[] {
  const documents: Document[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at))
    documents.push(BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))));
  return documents;
}
