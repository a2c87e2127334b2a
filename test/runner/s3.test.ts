import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bucketNameOf } from '../../src/process/buckets/name.ts';
import { createS3Provisioner } from '../../src/process/buckets/s3.ts';
import { readConfig } from '../../src/process/setup/config.ts';
import { tasks } from '../../src/resource/task.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { S3_TEST_SERVER, type S3Server, startS3 } from '../s3-server.ts';

const PATIENT = { timeout: 50_000 };
const SECRET = 'the-secret-of-the-key';
const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';

const provisionerAt = (url: string, more: Record<string, string> = {}) =>
  createS3Provisioner(
    readConfig({ S3_ENDPOINT: url, S3_ACCESS_KEY_ID: KEY_ID, S3_SECRET_ACCESS_KEY: SECRET, ...more }),
  );

describe('an S3 that answers as it likes', () => {
  let close = () => {};
  afterEach(() => close());
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = () => {
      server.closeAllConnections();
      server.close();
    };
    return provisionerAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  };
  const answering = (status: number, body: string) =>
    serve((_, response) => void response.writeHead(status, { 'Content-Type': 'application/xml' }).end(body));
  const refusal = (code: string) =>
    `<Error><Code>${code}</Code><Message>${SECRET}</Message><StringToSign>${SECRET}</StringToSign></Error>`;
  const never = new AbortController().signal;

  test.each([
    [503, refusal('SlowDown'), 'the store answered 503 (SlowDown)'],
    [403, refusal('SignatureDoesNotMatch'), 'the store refused the credentials (SignatureDoesNotMatch)'],
    [403, refusal('AccessDenied'), 'the credentials do not allow it (AccessDenied)'],
    [400, refusal('InvalidLocationConstraint'), 'the store does not make buckets in the region "mars-1"'],
    [502, '<html>a proxy</html>', 'the store answered 502'],
    [502, '', 'the store answered 502'],
  ])('%i %s is told in words, without what it says of secrets', async (status, body, reason) => {
    const s3 = await answering(status, body);
    const error = await s3.provision('a-bucket', 'mars-1', never).catch((error: unknown) => error);
    expect(String(error)).toContain(reason);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(SECRET);
  });

  test.each(['x.evil.example/', 'EU', 'a b', ''])(
    'a region that could be no part of a host asks nobody: %j',
    async (region) => {
      const s3 = await serve(() => expect.unreachable());
      await expect(s3.provision('a-bucket', region, never)).rejects.toThrow('does not make buckets in the region');
    },
  );

  test('one that fails is asked once: the runner has its own pace', async () => {
    let asked = 0;
    const s3 = await serve((_, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    await expect(s3.provision('a-bucket', 'us-east-1', never)).rejects.toThrow('the store answered 500');
    expect(asked).toBe(1);
  });

  test('one that hangs is let go of when it is called off', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const s3 = await serve(() => resolve());
    const calledOff = new AbortController();
    const made = s3.provision('a-bucket', 'us-east-1', calledOff.signal);
    await asked;
    calledOff.abort(new Error('called off'));
    await expect(made).rejects.toThrow('called off');
  });

  test.each(['mine', 'theirs'])(
    'one that says of every bucket that it exists is asked whose it is: %s',
    async (whose) => {
      const s3 = await serve((request, response) => {
        if (request.method === 'PUT') response.writeHead(409).end(refusal('BucketAlreadyExists'));
        else
          response.end(
            `<ListAllMyBucketsResult><Buckets><Bucket><Name>mine</Name></Bucket></Buckets></ListAllMyBucketsResult>`,
          );
      });
      const made = s3.provision(whose, 'us-east-1', never);
      if (whose === 'mine') await made;
      else await expect(made).rejects.toThrow('the name theirs is taken by another account (BucketAlreadyExists)');
    },
  );
});

describe.skipIf(!S3_TEST_SERVER)('with an S3 server', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3(required(S3_TEST_SERVER));
  });
  afterAll(() => s3.stop());

  describeEngines('buckets on S3', (engine) => {
    let harness: Harness;
    let tenant: Tenant;
    const open = async (more: Record<string, string> = {}) => {
      harness = await startHarness(engine, { deps: { provisioner: provisionerAt(s3.url, more) } });
      tenant = await harness.org();
    };
    beforeEach(() => open({ S3_BUCKET_PREFIX: 'acme-prod-' }));
    afterEach(() => harness.close());

    const create = async (name: string, region = 'us-east-1') => {
      const body = { organization_id: tenant.orgId, name, region };
      const made = await tenant.rest('POST', `${tenant.base}/workspaces`, body);
      expect(made.status).toBe(201);
      return made.body.workspace_id as string;
    };
    const workspace = async (id: string) => (await tenant.rest('GET', `${tenant.base}/workspaces/${id}`)).body;
    const becomes = (id: string, status: string) =>
      expect.poll(async () => (await workspace(id)).bucket_status, PATIENT).toBe(status);
    /** Lets the runner fail as often as it takes. */
    const fails = async (id: string) => {
      for (const tries of [1, 2, 3, 4]) {
        const reached = async () => {
          const { docs } = await harness.deps.store.page(tasks, { orgId: '', order: 'asc', limit: 200 });
          return docs.find(({ targetId }) => targetId === id)?.tries;
        };
        await expect.poll(reached, PATIENT).toBe(tries);
        harness.clock.offsetMs += 60_000;
        harness.runner.wake();
      }
      await becomes(id, 'failed');
    };
    const job = async () => (await tenant.rest('GET', `${tenant.base}/jobs`)).body.jobs[0];
    const take = (bucket: string, headers: Record<string, string> = {}) =>
      fetch(`${s3.url}/${bucket}`, { method: 'PUT', headers });
    const guard = (requestsLeft: string) =>
      fetch(`${s3.url}/moto-api/reset-auth`, { method: 'POST', body: requestsLeft });

    test('a bucket is made in the region of its workspace, and named in it', async () => {
      for (const region of ['us-east-1', 'eu-central-1']) {
        const id = await create(`In ${region}`, region);
        await becomes(id, 'ready');
        const bucket = `acme-prod-${id.replace('_', '-')}`;
        expect((await workspace(id)).s3_bucket).toBe(bucket);
        const head = await fetch(`${s3.url}/${bucket}`, { method: 'HEAD' });
        expect([head.status, head.headers.get('x-amz-bucket-region')]).toEqual([200, region]);
      }
    });

    test('one that is there already and ours is made, in every region', async () => {
      for (const region of ['us-east-1', 'eu-central-1']) {
        const bucket = `made-twice-${crypto.randomUUID()}`;
        const { provision } = harness.deps.provisioner;
        await provision(bucket, region, new AbortController().signal);
        await provision(bucket, region, new AbortController().signal);
      }
    });

    test("another's is failed with a reason by both doors, and made once it is given up", async () => {
      let taken = '';
      const { provision } = harness.deps.provisioner;
      harness.deps.provisioner.provision = async (bucket, ...rest) => {
        if (!taken) await take(bucket, { 'x-moto-account-id': '111111111111' });
        taken = bucket;
        return provision(bucket, ...rest);
      };
      const id = await create('Unlucky');
      await fails(id);
      const reason = `The bucket could not be made: the name ${taken} is taken by another account (BucketAlreadyExists)`;
      const { job_id: jobId, error } = await job();
      expect(error).toBe(reason);
      const { body } = await tenant.graphql(`{job(jobId:"${jobId}"){error}}`);
      expect(body.data.job.error).toBe(reason);
      await fetch(`${s3.url}/${taken}`, { method: 'DELETE', headers: { 'x-moto-account-id': '111111111111' } });
      expect((await tenant.rest('POST', `${tenant.base}/jobs/${jobId}/retry`)).status).toBe(200);
      await becomes(id, 'ready');
    });

    test('refused credentials are told, and neither they nor their secret are logged', async () => {
      await guard('0');
      try {
        const id = await create('Locked out');
        await fails(id);
      } finally {
        await guard('inf');
      }
      expect((await job()).error).toBe(
        'The bucket could not be made: the store refused the credentials (InvalidAccessKeyId)',
      );
      expect(harness.logs.some((line) => line.includes('InvalidAccessKeyId'))).toBe(true);
      expect(harness.logs.filter((line) => line.includes(SECRET) || line.includes(KEY_ID))).toEqual([]);
    });

    test('a server that is down is told, and a retry makes the bucket once it is back', async () => {
      const port = Number(new URL(s3.url).port);
      await s3.stop();
      const id = await create('In the dark');
      await fails(id);
      const { job_id: jobId, error } = await job();
      expect(error).toBe('The bucket could not be made: connection refused (ECONNREFUSED)');
      s3 = await startS3(required(S3_TEST_SERVER), port);
      expect((await tenant.rest('POST', `${tenant.base}/jobs/${jobId}/retry`)).status).toBe(200);
      await becomes(id, 'ready');
      expect((await workspace(id)).s3_bucket).toBe(bucketNameOf(id, 'acme-prod-'));
    });
  });
});
