import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { required } from '../../test/required.ts';

/** A server under measurement. */
export interface Served {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts a server and waits for the address that it prints; its logs are read, which is to take nothing from the measurement, and the last of them shown if it fails. */
export async function start(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<Served> {
  const child = spawn(command, args, { env: { ...process.env, NODE_ENV: 'production', ...env } });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  void gone.then(() => process.off('exit', kill));
  const url = await addressOf(child, gone);
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
  };
  return { url, pid: required(child.pid), stop };
}

function addressOf({ stdout, stderr }: ChildProcess, gone: Promise<number | null>): Promise<string> {
  let told = '';
  let wrong: Buffer = Buffer.alloc(0);
  required(stderr).on('data', (chunk) => {
    wrong = chunk;
  });
  return new Promise((resolve, reject) => {
    required(stdout).on('data', (chunk) => {
      if (told.includes('\n')) return;
      told += chunk;
      const url = /http:\/\/[\w.[\]:]+:\d+/.exec(told)?.[0];
      if (url && told.includes('\n')) resolve(url);
    });
    void gone.then((code) => reject(new Error(`a server ended with ${code}: ${wrong}`)));
  });
}

export interface Helper {
  ask<T>(input: unknown): Promise<T>;
  stop(): void;
}

/** A module in a process of its own that answers each line of JSON by one. */
export function startHelper(module: string): Helper {
  const child = spawn(process.execPath, [module], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask<T>(input: unknown) {
      child.stdin.write(`${JSON.stringify(input)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${module} ended`);
      return JSON.parse(value) as T;
    },
    stop: () => void child.stdin.end(),
  };
}

const TICK_MS = 10;

/** A process and all that it has started; nothing where there is no /proc. */
function tree(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)?.trim();
  return [pid, ...(children ? children.split(' ').flatMap((child) => tree(Number(child))) : [])];
}

/** Processor time of the whole tree so far, in milliseconds; null where the system does not tell. */
export function processorMs(pid: number): number | null {
  let ticks: number | null = null;
  for (const one of tree(pid)) {
    const stat = read(`/proc/${one}/stat`);
    // The name in brackets may hold spaces; user and system time are the 12th and 13th word behind it.
    const words = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (words) ticks = (ticks ?? 0) + Number(words[11]) + Number(words[12]);
  }
  return ticks === null ? null : ticks * TICK_MS;
}

/** The same of one process, with its threads, and closer: the kernel's own sum. */
export function workedUs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((one) => Number(readFileSync(`/proc/${pid}/task/${one}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((a, b) => a + b, 0) / 1_000;
}

/** Resident memory of the whole tree, in MiB. */
export function residentMiB(pid: number): number | null {
  const sizes = tree(pid).map((one) => /VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`) ?? '')?.[1]);
  return sizes[0] === undefined ? null : sizes.reduce((sum, size) => sum + Number(size ?? 0), 0) / 1024;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
