import { namesInside, namesLoopback } from '../../http/outside.ts';

const URL_MAX = 2_048;
export const URL_WANTED = `give an https address without a user or password (http only for loopback), of at most ${URL_MAX} characters`;

/** Without flags, as programs read it in the OpenAPI document. */
export const ADDRESS = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s\\]+$/;

/** Https everywhere, http on this machine; whether this machine may be called at all depends on the configuration. */
export function isWebhookUrl(text: string): boolean {
  if (text.length > URL_MAX || !ADDRESS.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || namesLoopback(url);
}

/** Why an address may not be called from here, or null. A name is judged again whenever it is resolved. */
export function insideProblem(text: string, allowPrivate: boolean): string | null {
  return !allowPrivate && namesInside(new URL(text)) ? 'the address points inside' : null;
}
