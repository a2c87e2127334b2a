import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';
import { required } from '../required.ts';

/** A command as it goes over the wire: its name is its first key. */
export interface Sent {
  name: string;
  /** The collection, where it names one. */
  on: string;
  body: Document;
  /** One more than that of the last command that was answered before this one was sent: what has one number was under way at once. */
  wave: number;
}

/**
 * A way to the MongoDB of an address that hands on every byte, and every command that it has seen to `hear`. The answer to
 * one, and what comes behind it on its connection, waits for what `until` answers.
 */
export async function listenIn(
  uri: string,
  hear: (sent: Sent) => void,
  until: (sent: Sent) => Promise<unknown> | undefined = () => undefined,
) {
  const { hostname, port } = new URL(uri);
  const sockets = new Set<Socket>();
  let answered = 0;
  const listener = createServer((client) => {
    const server = connect(Number(port || 27_017), hostname);
    const asked = new Map<number, Sent>();
    const fromClient = framed((message) => {
      const command = commandOf(message);
      if (!command) return;
      const sent = { ...command, wave: answered + 1 };
      asked.set(message.readInt32LE(REQUEST_AT), sent);
      hear(sent);
    });
    let before: Promise<unknown> | undefined;
    const fromServer = framed((message) => {
      const sent = asked.get(message.readInt32LE(ANSWER_AT));
      const handOn = () => {
        if (sent && sent.name !== 'hello') answered = Math.max(answered, sent.wave);
        client.write(message);
      };
      const held = sent && until(sent);
      if (held || before) before = Promise.all([before, held]).then(handOn);
      else handOn();
    });
    client.on('data', (bytes) => {
      server.write(bytes);
      fromClient(bytes);
    });
    server.on('data', fromServer);
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
const REQUEST_AT = 4;
const ANSWER_AT = 8;
const OP_MSG = 2_013;

/** Cuts what comes in pieces into messages. */
function framed(take: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let size = sizeOf(rest); size <= rest.length; size = sizeOf(rest)) {
      take(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  };
}

function sizeOf(bytes: Buffer): number {
  return bytes.length < HEAD ? Number.POSITIVE_INFINITY : bytes.readInt32LE(0);
}

/** null for what is no command of today's protocol: the first word of a handshake. */
function commandOf(message: Buffer): Omit<Sent, 'wave'> | null {
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
