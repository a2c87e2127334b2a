import { connect, type Socket } from 'node:net';

/** What a connection does when an answer is whole; status 0: the connection broke off. */
export type Answered = (connection: Connection, status: number, body: string) => void;

/** All connections read into the same memory: what has come is looked at before anything else comes. */
const incoming = Buffer.alloc(256 * 1_024);
const NOTHING = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';
const CHUNKED = /\r\ntransfer-encoding: /i;
const LENGTH = /\r\ncontent-length: (\d+)/i;

/**
 * HTTP/1.1 on a plain socket, one request at a time, for a client that costs less than the server it asks: the head is
 * searched for its status and its length, the body counted, and kept only where somebody wants it.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #onAnswer: Answered;
  readonly #keepsBodies: boolean;
  #status = 0;
  #left = 0;
  #head = '';
  #body = '';
  isOpen = true;
  /** What was sent last, and when. */
  sent: Buffer = NOTHING;
  sentAt = 0;

  constructor(port: number, onAnswer: Answered, { keepsBodies = false, onOpen = () => {} } = {}) {
    this.#onAnswer = onAnswer;
    this.#keepsBodies = keepsBodies;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: incoming,
        callback: (bytes) => {
          this.#read(bytes);
          return true;
        },
      },
    });
    this.#socket.on('connect', onOpen);
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      if (!this.isOpen) return;
      this.isOpen = false;
      this.#onAnswer(this, 0, '');
    });
  }

  send(request: Buffer): void {
    this.sent = request;
    this.sentAt = performance.now();
    this.#socket.write(request);
  }

  close(): void {
    this.isOpen = false;
    this.#socket.destroy();
  }

  #read(bytes: number): void {
    let from = 0;
    if (this.#left === 0) {
      const before = this.#head.length;
      this.#head += incoming.toString('latin1', 0, Math.min(bytes, 2_048));
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return;
      this.#status = Number(this.#head.slice(9, 12));
      const length = LENGTH.exec(this.#head)?.[1];
      if (length === undefined && CHUNKED.test(this.#head))
        throw new Error('an answer came in chunks, which are not read here');
      this.#left = length === undefined ? 0 : Number(length);
      from = end + HEAD_END.length - before;
      this.#head = '';
    }
    if (this.#keepsBodies) this.#body += incoming.toString('utf8', from, bytes);
    this.#left -= bytes - from;
    if (this.#left > 0) return;
    const body = this.#body;
    this.#body = '';
    this.#left = 0;
    this.#onAnswer(this, this.#status, body);
  }
}
