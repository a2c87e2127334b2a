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
