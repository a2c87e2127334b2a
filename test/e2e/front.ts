import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { required } from '../required.ts';

/** A proxy before a server, as a stranger's: only what is below its path leads there, with the path or without. */
export async function startFront(path: string, passes: 'kept' | 'cut') {
  let target = '';
  const outside: string[] = [];
  const proxy = createServer((req, res) => {
    const url = required(req.url);
    if (url !== path && !url.startsWith(`${path}/`)) {
      outside.push(url);
      return void res.writeHead(404).end();
    }
    const headers = {
      ...req.headers,
      'x-forwarded-for': required(req.socket.remoteAddress),
      'x-forwarded-prefix': path,
    };
    const onward = request(target + (passes === 'cut' ? url.slice(path.length) || '/' : url), {
      method: required(req.method),
      headers,
    });
    onward.on('response', (answer) => {
      res.writeHead(required(answer.statusCode), answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: origin + path,
    /** What was asked for beside the path: a link that leads nowhere. */
    outside,
    leadsTo: (url: string) => {
      target = url;
    },
    close: () => {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
