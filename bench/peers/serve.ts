/** How the peers begin and end: their place by environment, their address on standard output. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openMongo } from './mongo.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';

const { PLACE = '', ORG = '' } = process.env;

export const openStore = async (): Promise<Store> =>
  PLACE.startsWith('mongodb:') ? openMongo(PLACE) : openSqlite(PLACE, ORG);

export function listen(server: Server): void {
  server.keepAliveTimeout = 30_000;
  server.listen(0, '127.0.0.1', () => announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}

export function announce(url: string): void {
  process.stdout.write(`${url}\n`);
  process.once('SIGTERM', () => process.exit(0));
}
