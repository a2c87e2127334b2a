import type { Command } from 'commander';
import type { WorkerOptions } from '../../worker/worker.ts';
import { example } from '../operator/example.ts';
import type { Env } from '../setup/env.ts';

export function addWorker(program: Command, env: Env): void {
  const worker = program
    .command('worker')
    .summary('work on reindexing: embed what the API hands out')
    .description(
      "Claims work items over the API, embeds their texts at the account's provider, keeps the vectors and reports, until SIGTERM, SIGINT or SIGHUP. A text is FOLDER/thread/ID.txt or ADDRESS/thread/ID (or where {type} and {id} stand in it).",
    )
    .requiredOption('--url <address>', 'where Switchyard is')
    .requiredOption('--token-file <file>', 'a file with a token (jobs:work, jobs:read, provider_accounts:read)')
    .option('--concurrency <n>', 'batches at once', '4')
    .option('--batch <n>', 'items a batch', '64')
    .option('--texts <place>', 'a folder or an address with the texts (by default the ids are embedded, to try it out)')
    .option('--sink <place>', 'a file of JSON lines, or an address that they are posted to', 'vectors.jsonl')
    .option('--json', 'print lines of JSON: a job each time that it has moved, and notes')
    .action(async (options: WorkerOptions) => {
      const { workerCommand } = await import('./worker-command.ts');
      await workerCommand(options, env);
    });
  example(worker, 'worker --url http://127.0.0.1:4000 --token-file data/demo-token --texts texts --sink vectors.jsonl');
}

export function addJobs(program: Command, env: Env): void {
  const jobs = program
    .command('jobs')
    .summary('list long work and how far it is')
    .description(
      'Lists the jobs that a token sees (the newest 200), over the API. With --watch it follows those under way until none is.',
    )
    .option('--url <address>', 'where Switchyard is (by default HOST and PORT of the configuration)')
    .option('--token-file <file>', "a file with a token (by default the demo's, in DATA_DIR)")
    .option('--watch', 'draw progress until nothing is under way')
    .option('--json', 'print one line of JSON: jobs; with --watch one for each job that has moved')
    .action(async (words: { url?: string; tokenFile?: string; watch?: boolean; json?: boolean }) => {
      const { jobsCommand } = await import('./jobs-command.ts');
      await jobsCommand(words, env);
    });
  example(jobs, 'jobs --watch');
}
