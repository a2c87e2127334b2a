import { execFileSync } from 'node:child_process';
import { type Agent, get, type IncomingHttpHeaders } from 'node:http';
import { vi } from 'vitest';
import { PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** By a connection of its own, which any worker may be given; or by the agent's. */
export function ask(url: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: agent ?? false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      const text = () => Buffer.concat(chunks).toString();
      res.on('end', () => resolve({ status: required(res.statusCode), headers: res.headers, text: text() }));
    }).on('error', reject);
  });
}

/** The processes that live, each with its parent and its words. */
function processes(): { pid: number; parent: number; words: string }[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , stat]) => !stat?.startsWith('Z'))
    .map(([pid, parent, , ...words]) => ({ pid: Number(pid), parent: Number(parent), words: words.join(' ') }));
}

/** The servers whose parent this process is. */
export function childrenOf(pid: number): number[] {
  return processes()
    .filter(({ parent, words }) => parent === pid && words.includes('serve'))
    .map((one) => one.pid);
}

export const isAlive = (pid: number) => processes().some((one) => one.pid === pid);

export const until = (holds: () => boolean | Promise<boolean>) =>
  vi.waitUntil(holds, { timeout: PATIENCE_MS, interval: 20 });

export const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));
