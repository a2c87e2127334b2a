/**
 * The load generator, a process of its own: each line of JSON on standard input says what to send, and is answered by
 * one line. It is made to cost less than the server that it asks, and says where it did not.
 */
import { createInterface } from 'node:readline';
import { Connection } from './connection.ts';
import { bytesOf, endless, type Sent, type Supply, type Target, takenFrom } from './requests.ts';
import { createTally, type Told } from './tally.ts';

export interface Order extends Target {
  connections: number;
  /** Round and round, each of them once, or instead of them those that were kept, once. */
  take: 'endless' | 'once' | 'stock';
  requests: readonly Sent[];
  /** Requests a second, sent by the clock; without it each connection asks again when it is answered. */
  perSecond?: number;
  seconds?: number;
  /** Answers after which it ends, where no time ends it; or how many are to be kept. */
  amount?: number;
  /** Keeps for later what is asked about each thing that these requests make, until there are as many: the text of its id, and the request. */
  stock?: { id: string; request: Sent };
}

/** Made before the clock runs: each outcome needs a decision of its own. */
const stock: Buffer[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  const told = await run(JSON.parse(line) as Order);
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

async function run(order: Order): Promise<Told> {
  const supply = supplyOf(order);
  return order.perSecond === undefined ? closed(order, supply) : byTheClock(order, supply);
}

function supplyOf(order: Order): Supply {
  if (order.take === 'endless') return endless(order, order.requests);
  return takenFrom(order.take === 'stock' ? stock : order.requests.map((sent) => bytesOf(order, sent)));
}

function portOf({ url }: Target): number {
  return Number(new URL(url).port);
}

/** As many callers as connections, each of which waits for its answer. */
async function closed(order: Order, supply: Supply): Promise<Told> {
  const tally = createTally();
  const { promise, resolve } = Promise.withResolvers<void>();
  const until = performance.now() + (order.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  const amount = order.amount ?? Number.POSITIVE_INFINITY;
  let open = order.connections;
  const isDone = () => performance.now() >= until || (order.stock ? stock.length : tally.answered) >= amount;
  const ask = (connection: Connection) => {
    const request = isDone() ? null : supply.next();
    if (request) return connection.send(request);
    connection.close();
    open -= 1;
    if (open === 0) resolve();
  };
  const options = { keepsBodies: order.stock !== undefined };
  const pool = Array.from({ length: order.connections }, () => new Connection(portOf(order), onAnswer, options));
  function onAnswer(connection: Connection, status: number, body: string): void {
    tally.add(connection, status);
    if (status >= 300 || status === 0) supply.giveBack(connection.sent);
    if (order.stock && status < 300) keep(order, order.stock, body);
    if (connection.isOpen) return ask(connection);
    open -= 1;
    if (open === 0) resolve();
  }
  for (const connection of pool) ask(connection);
  await promise;
  return tally.told();
}

function keep(target: Target, { id, request }: NonNullable<Order['stock']>, body: string): void {
  const value = (JSON.parse(body) as Record<string, unknown>)[id];
  stock.push(bytesOf(target, { ...request, path: request.path.replace('[<id>]', String(value)) }));
}

/** So many a second, whatever comes back; what finds no free connection is not sent, and said so. */
async function byTheClock(order: Order, supply: Supply): Promise<Told> {
  const { connections, perSecond = 0, seconds = 0 } = order;
  const tally = createTally();
  const free: Connection[] = [];
  const opened: Promise<void>[] = [];
  let busy = 0;
  const open = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    opened.push(promise);
    free.push(new Connection(portOf(order), onAnswer, { onOpen: resolve }));
  };
  function onAnswer(connection: Connection, status: number): void {
    const unused = status === 0 ? free.indexOf(connection) : -1;
    if (unused >= 0) {
      // It was left alone for so long that the server has closed it.
      free.splice(unused, 1);
      return open();
    }
    busy -= 1;
    tally.add(connection, status);
    if (status >= 300 || status === 0) supply.giveBack(connection.sent);
    if (connection.isOpen) free.push(connection);
    else open();
  }
  for (let at = 0; at < connections; at += 1) open();
  await Promise.all(opened);

  tally.begin();
  const begin = performance.now();
  let due = 0;
  for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - begin) {
    for (; due < (elapsed / 1_000) * perSecond; due += 1) {
      const connection = free.pop();
      const request = connection ? supply.next() : null;
      if (connection && request) {
        connection.send(request);
        busy += 1;
      } else {
        if (connection) free.push(connection);
        tally.unsent += 1;
      }
      tally.late(performance.now() - begin - (due / perSecond) * 1_000);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  tally.end();
  for (let tries = 0; busy > 0 && tries < 1_000; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const connection of free) connection.close();
  return tally.told();
}
