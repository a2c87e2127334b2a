import {
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  ListBucketsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { LRUCache } from 'lru-cache';
import type { Deps } from '../../resource/context.ts';
import { isRegion } from './name.ts';
import { BucketRefused } from './reason.ts';
import { noSuchRegion, wordsOf } from './s3-reason.ts';

/** What of the configuration it needs. */
type S3Config = Record<'S3_BUCKET_PREFIX', string> &
  Partial<Record<'S3_ENDPOINT' | 'S3_REGION' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY', string>>;

/** Shorter than the runner's patience, so that a host that is not there is told as such. */
const CONNECT_MS = 5_000;
/** Regions are words of the tenants: a client each, as long as there are few. */
const CLIENTS_MAX = 50;
/** The one region that has no name where a bucket is made. */
const UNNAMED_REGION = 'us-east-1';

/** Buckets by S3's API, at AWS or at whoever speaks it. One that is there already and ours is made. */
export function createS3Provisioner(config: S3Config): Deps['provisioner'] {
  const clients = new LRUCache<string, S3Client>({ max: CLIENTS_MAX, dispose: (client) => client.destroy() });
  const clientOf = (region: string) => {
    // An address of one's own is one region, by whatever name its requests are signed for; AWS has an address for each.
    const signed = (config.S3_ENDPOINT && config.S3_REGION) || region;
    const client = clients.get(signed) ?? createClient(config, signed);
    clients.set(signed, client);
    return client;
  };
  return {
    prefix: config.S3_BUCKET_PREFIX,
    async provision(bucket, region, signal) {
      try {
        if (!isRegion(region)) throw new BucketRefused(noSuchRegion(region));
        await make(clientOf(region), bucket, region, signal);
      } catch (error) {
        signal.throwIfAborted();
        // Neither the cause nor its fields: they repeat what was signed, and the key's id.
        throw error instanceof BucketRefused ? error : new BucketRefused(wordsOf(error, region));
      }
    },
  };
}

function createClient(config: S3Config, region: string): S3Client {
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    // What fails is tried again by the runner, at its pace.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS },
  });
}

async function make(client: S3Client, bucket: string, region: string, abortSignal: AbortSignal): Promise<void> {
  const place = region === UNNAMED_REGION ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } };
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket, ...place }), { abortSignal });
  } catch (error) {
    if (error instanceof BucketAlreadyOwnedByYou) return;
    if (!(error instanceof BucketAlreadyExists)) throw error;
    // Some servers say of one's own, too, that it exists.
    if (await isOurs(client, bucket, abortSignal)) return;
    throw new BucketRefused(`the name ${bucket} is taken by another account (BucketAlreadyExists)`);
  }
}

/** Being let in would not tell: another's may be open to us. What is listed is what the account owns. */
async function isOurs(client: S3Client, bucket: string, abortSignal: AbortSignal): Promise<boolean> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand({ Prefix: bucket }), { abortSignal });
  return Buckets.some(({ Name }) => Name === bucket);
}
