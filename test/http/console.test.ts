import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness } from '../harness.ts';
import { required } from '../required.ts';

describe('the console', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness('sqlite', { PUBLIC_URL: 'https://a.example/sw' });
  });
  afterAll(() => harness.close());
  const get = (path: string) => fetch(harness.url + path);
  const parts = async () => [
    ...new Set((await (await get('/console')).text()).match(/(?<=(?:href|src)=")[^"]+\.(?:js|css)/g)),
  ];

  test('is open to everybody, holds nothing of anybody, and lets nothing foreign or inline run', async () => {
    const page = await get('/console');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = required(page.headers.get('content-security-policy'));
    for (const rule of ["default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'"])
      expect(policy).toContain(rule);
    const html = await page.text();
    expect(html).not.toMatch(/\sstyle=|<style|<script(?![^>]* src=)|\son[a-z]+=|https?:/);
    expect((await fetch(`${harness.url}/console`, { method: 'POST' })).status).toBe(405);
  });

  test('asks for its parts below its own path, wherever a proxy has put it', async () => {
    for (const prefix of ['', '/sw'])
      for (const part of await parts()) {
        expect(part).toMatch(/^console\/assets\/[\w-]{16}\//);
        expect((await get(`${prefix}/${part}`)).status, part).toBe(200);
      }
  });

  test('is made of modules without types, each import of which is one of them', async () => {
    const seen = new Set<string>();
    const follow = async (address: string): Promise<void> => {
      if (seen.has(address)) return;
      seen.add(address);
      const answer = await get(address);
      expect([answer.status, answer.headers.get('content-type')], address).toEqual([
        200,
        'text/javascript; charset=utf-8',
      ]);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const code = await answer.text();
      expect(code).not.toMatch(/^\s*(import type|interface) /m);
      for (const [, from] of code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\s]+)["']/g)) {
        expect(from).toMatch(/^\.\.?\//);
        await follow(new URL(required(from), harness.url + address).pathname);
      }
    };
    const main = required((await parts()).find((part) => part.endsWith('/app/main.js')));
    await follow(`/${main}`);
    expect(seen.size).toBeGreaterThan(30);
  });
});
