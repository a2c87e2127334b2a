import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

export const POINTS_INSIDE = 'the address points inside';

/** Addresses inside: loopback, link-local, private, carrier-grade, unique-local, multicast, reserved, and those that wrap others. */
const INSIDE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Where Azure's machines ask their host for what is theirs: public by its number, and inside by what answers there.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  INSIDE.addSubnet(net, bits, 'ipv6');

export function isInside(scoped: string): boolean {
  // A link-local address may come with the network that it is of (`fe80::1%eth0`), which no URL can hold.
  const address = scoped.replace(/%.*/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isInside(mapped);
  if (isIP(address) === 6 && /^::ffff:/i.test(new URL(`http://[${address}]`).hostname.slice(1))) return true;
  return INSIDE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The host of an address that a parser has read: decimal and hexadecimal forms are plain ones there. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Whether the host itself is an address inside, or the name of this machine; other names are judged when they are resolved. */
export function namesInside(url: URL): boolean {
  const host = hostOf(url);
  return isIP(host) ? isInside(host) : isLocalName(host);
}

/** Whether it is this machine, by name or by number. */
export function namesLoopback(url: URL): boolean {
  const host = hostOf(url);
  return isLocalName(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isLocalName(host: string): boolean {
  return /(^|\.)localhost$/i.test(host);
}

/** Resolves and judges in one step, so that the address that is called is the address that was judged. */
export function guarded(allowPrivate: boolean, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const outside = addresses.filter(({ address }) => allowPrivate || !isInside(address));
      const [first] = outside;
      if (!first) return callback(new Error(POINTS_INSIDE), '', 0);
      if (options.all) return (callback as (error: Error | null, all: typeof outside) => void)(null, outside);
      return callback(null, first.address, first.family);
    });
  };
}
