import { isIP } from 'node:net';

/** What can be listened on: an address, or a name that is looked up. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(text);
}

/** Spelt as browsers send it: with a path, a slash at its end or a default port it would match nothing. */
export function isOrigin(text: string): boolean {
  if (text === '*' || text === 'null') return true;
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/.test(text)) return false;
  return !/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text);
}

/** The address of a server alone: what stands in front of its host could be a password. */
export function isServer(text: string): boolean {
  if (!/^https?:\/\/[^\s?#@]+$/.test(text)) return false;
  return URL.canParse(text);
}

/** Its path must not be one of our own: what a proxy cuts off could not be told from what it does not. */
export function isPublicUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, search, hash, pathname } = new URL(text);
  return `${username}${search}${hash}` === '' && !/^\/(v1|graphql|health|metrics|docs|console)(\/|$)/.test(pathname);
}

/** As it may stand in a header, which has no place for letters beyond ASCII, and without slashes at its end. */
export function publicUrlOf(text: string): string {
  return new URL(text).href.replace(/\/+$/, '');
}
