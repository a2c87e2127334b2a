import { readFile } from 'node:fs/promises';
import { WorkerRefused } from './refused.ts';

/** Where Switchyard is, without what would be appended anyway. */
export function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password)
    throw new WorkerRefused('--url: expected an address such as http://127.0.0.1:4000', true);
  return url.href.replace(/\/+$/, '').replace(/\/v1$/, '');
}

export async function tokenIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new WorkerRefused(`--token-file: cannot read ${file} (${error.code})`);
  });
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new WorkerRefused(`--token-file: ${file} holds no token`);
  return token;
}

/** A whole number from 1 on. */
export function numberOf(option: string, text: string, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new WorkerRefused(`${option}: expected a whole number from 1 to ${max}`, true);
  return value;
}

/** Whether a place is an address, not a path. One that we cannot call is no path that somebody meant. */
export function isAddress(option: string, place: string): boolean {
  if (/^https?:\/\//i.test(place)) return true;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return false;
  throw new WorkerRefused(`${option}: expected a path, or an address that begins with http:// or https://`, true);
}
