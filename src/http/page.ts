import type { Reply } from './reply.ts';

/** Nothing of a page may come from another host or stand in its lines, and no other page may frame it. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** A page for a browser; `policy` is what it needs beyond, or instead of, what every page may. */
export function page(html: string, policy: Record<string, string> = {}): Reply {
  const directives = Object.entries({ ...POLICY, ...policy });
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': directives.map((one) => one.join(' ')).join('; '),
      'Cache-Control': 'no-cache',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
    body: html,
  };
}
