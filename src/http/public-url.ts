import type { Reply } from './reply.ts';

/** Cuts off the path of the public address, which some proxies pass on and others do not. */
export function prefixCutter(publicUrl: string): (url: string) => string {
  const prefix = publicUrl === '' ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');
  if (prefix === '') return (url) => url;
  return (url) => {
    if (!url.startsWith(prefix)) return url;
    const rest = url.slice(prefix.length);
    if (rest === '' || rest.startsWith('?')) return `/${rest}`;
    return rest.startsWith('/') ? rest : url;
  };
}

/** A reply whose `Location` leads callers to where they reach us. */
export function locatedAt(publicUrl: string, reply: Reply): Reply {
  if (publicUrl === '') return reply;
  const { Location } = reply.headers;
  if (!Location?.startsWith('/')) return reply;
  return { ...reply, headers: { ...reply.headers, Location: publicUrl + Location }, sent: undefined };
}
