import type { Command } from 'commander';
import { example } from '../operator/example.ts';
import type { Env } from '../setup/env.ts';
import type { ListenWords } from './listen.ts';

export function addWebhooks(program: Command, env: Env): void {
  const webhooks = program.command('webhooks').description('Work on webhooks.');
  const listen = webhooks
    .command('listen')
    .summary('post to a local address what a webhook would')
    .description(
      'Prints what happens from now on in the organization of a token, and posts it, signed, to an address of this machine: what a webhook there would get, over the API. What fails is not tried again.',
    )
    .option('--url <address>', 'where to post it (without, it is only printed)')
    .option('--types <types>', 'only these types, separated by commas (namespace.*)', '*')
    .option('--secret <secret>', 'the signing secret, whsec_… (by default one is made and printed)')
    .option('--server <address>', 'where Switchyard is (by default HOST and PORT of the configuration)')
    .option('--token-file <file>', "a file with a token, events:read (by default the demo's, in DATA_DIR)")
    .option('--json', 'print lines of JSON: the secret, then each event with status_code and error')
    .action(async (words: ListenWords) => {
      const { listenCommand } = await import('./listen.ts');
      await listenCommand(words, env);
    });
  example(listen, "webhooks listen --url http://127.0.0.1:3000/hook --types 'namespace.*'");
}
