/**
 * The load generator, a process of its own that lives through the whole run, so that it is as warm for the first server
 * as for the last: each line of JSON on standard input says what to send, and is answered by one.
 */
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';

/**
 * @typedef {{ url: string, headers: Record<string, string>, connections: number, seconds?: number, amount?: number,
 *   requests: { method: string, path: string, body?: string }[] }} Load
 */
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);

/** @param {Load} load */
async function run({ url, headers, connections, seconds, amount, requests }) {
  let clients = 0;
  // Each connection walks its own share in turn, so that none of them asks for what another has just read.
  const share = () => {
    const mine = requests.filter((_, at) => at % connections === clients % connections);
    clients += 1;
    return mine.length > 0 ? mine : requests;
  };
  const result = await autocannon({
    url,
    headers,
    connections,
    ...(amount === undefined ? { duration: seconds } : { amount }),
    sampleInt: 100,
    // A body's `[<id>]` is replaced by a name that nobody else has.
    idReplacement: requests[0]?.body?.includes('[<id>]') ?? false,
    requests: requests.slice(0, 1),
    setupClient: (/** @type {any} */ client) => client.setRequests(share()),
  });
  const answered = result['2xx'];
  return {
    answered,
    refused: result.non2xx + result.errors,
    perSecond: answered / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}
