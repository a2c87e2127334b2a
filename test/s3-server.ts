import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, pinnedServer } from './pinned-server.ts';

/** The command of an S3-compatible server, as `npm test` found it; tests that need one are skipped without. */
export const S3_TEST_SERVER = process.env.S3_TEST_SERVER;

export function findS3(): string | null {
  return pinnedServer('moto', 'moto_server');
}

export interface S3Server {
  url: string;
  stop(): Promise<void>;
}

export async function startS3(command: string, port?: number): Promise<S3Server> {
  const at = port ?? (await freePort());
  const child = spawn(command, ['-H', '127.0.0.1', '-p', String(at)], { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = once(child, 'exit');
  const url = `http://127.0.0.1:${at}`;
  const stop = async () => {
    kill();
    await gone;
    process.off('exit', kill);
  };
  for (let tries = 0; tries < 120; tries += 1) {
    if (
      await fetch(`${url}/moto-api/data.json`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, stop };
    await sleep(500);
  }
  await stop();
  throw new Error('the S3-compatible server did not come up');
}
