import { MongoNetworkError, MongoServerError, MongoServerSelectionError, type TopologyDescription } from 'mongodb';
import { expect, test } from 'vitest';
import { closed } from '../../src/store/mongodb/close.ts';
import { isUnreached } from '../../src/store/mongodb/errors.ts';

test('a client that never says that it is closed, or says that it cannot be, is let go of', async () => {
  await closed(new Promise(() => {}));
  await closed(Promise.reject(new MongoNetworkError('write EPIPE')));
});

test('whatever a lost connection is told by, the server was not reached', () => {
  const reset = Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET', syscall: 'write' });
  const none = new MongoServerSelectionError('timed out', {} as TopologyDescription);
  for (const error of [reset, none, new MongoNetworkError('closed')]) expect(isUnreached(error)).toBe(true);
  for (const error of [new MongoServerError({ errmsg: 'no', code: 13 }), new TypeError('ours')])
    expect(isUnreached(error)).toBe(false);
});
