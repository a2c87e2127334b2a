import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A network between the product and its store that does what networks do. */
export interface Network {
  /** The same address by way of here. */
  through(uri: string): string;
  /** From now on every reply comes later by this. */
  delay(ms: number): void;
  /** From now on bytes are taken and handed on to nobody, until `flow`. */
  stall(): void;
  flow(): void;
  /** The next request that names `command` is carried out; from there on it stalls. */
  stallAfter(command: string): void;
  /** Ends every connection, in an orderly way or not. */
  cut(how: 'fin' | 'rst'): void;
  /** The next so many requests that name `command` are carried out, and their connection is gone before the reply. */
  loseReplies(command: string, times: number): void;
  /** The same with the requests: their connection is gone before they are carried out. */
  loseRequests(command: string, times: number): void;
  /** How many replies, or requests, are still to be lost. */
  readonly toLose: number;
  /** Whether it is stalled, as after a command for which it should be. */
  readonly isStalled: boolean;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  /** What is cut instead of the next reply. */
  doomed: boolean;
}

export async function startNetwork(targetPort: number): Promise<Network> {
  const pairs = new Set<Pair>();
  let held: (() => void)[] | null = null;
  let delayMs = 0;
  let losing = { command: '', times: 0, what: 'reply' as 'reply' | 'request' };
  let lastCommand: string | null = null;
  const pass = (work: () => void) => (held ? void held.push(work) : work());
  const listener = createServer((client) => {
    const pair: Pair = { client, server: connect(targetPort, '127.0.0.1'), doomed: false };
    pairs.add(pair);
    carry(pair);
  });

  function carry(pair: Pair): void {
    const { client, server } = pair;
    client.on('data', (bytes) => {
      if (losing.times > 0 && bytes.includes(losing.command)) {
        losing.times -= 1;
        if (losing.what === 'request') return end(pair, 'rst');
        pair.doomed = true;
      }
      pass(() => server.write(bytes));
      if (lastCommand && bytes.includes(lastCommand)) network.stall();
    });
    server.on('data', async (bytes) => {
      if (pair.doomed) return end(pair, 'rst');
      if (delayMs > 0) await sleep(delayMs);
      pass(() => client.write(bytes));
    });
    for (const socket of [client, server]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        end(pair, 'fin');
      });
    }
  }

  function end({ client, server }: Pair, how: 'fin' | 'rst'): void {
    if (how === 'rst') client.resetAndDestroy();
    else client.end();
    server.destroy();
  }

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const network: Network = {
    through(uri) {
      const url = new URL(uri);
      url.port = String((listener.address() as AddressInfo).port);
      return url.toString();
    },
    delay(ms) {
      delayMs = ms;
    },
    stall() {
      held ??= [];
    },
    stallAfter(command) {
      lastCommand = command;
    },
    flow() {
      lastCommand = null;
      const waiting = held ?? [];
      held = null;
      for (const work of waiting) work();
    },
    cut(how) {
      for (const pair of pairs) end(pair, how);
    },
    loseReplies(command, times) {
      losing = { command, times, what: 'reply' };
    },
    loseRequests(command, times) {
      losing = { command, times, what: 'request' };
    },
    get toLose() {
      return losing.times;
    },
    get isStalled() {
      return held !== null;
    },
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const pair of pairs) end(pair, 'rst');
      await closed;
    },
  };
  return network;
}
