export const DEFAULT_PREFIX = 'switchyard-';
/** A bucket's name has 63 characters at most; a workspace's id (`ws_` and a ULID) 29 of them. */
const PREFIX_MAX = 63 - 29;
/** What S3 keeps for itself. */
const RESERVED = /^(xn--|sthree-|amzn-s3-demo-)/;

/** By the rules of S3: lower case, digits and hyphens. */
export function bucketNameOf(workspaceId: string, prefix = DEFAULT_PREFIX): string {
  return prefix + workspaceId.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Without dots, which no certificate of S3's covers. */
export function isBucketPrefix(text: string): boolean {
  return text.length <= PREFIX_MAX && /^[a-z0-9][a-z0-9-]*$/.test(text) && !RESERVED.test(text);
}

/** What can be part of a host's name: a region is a tenant's word. */
export function isRegion(text: string): boolean {
  return /^[a-z0-9-]{1,63}$/.test(text);
}
