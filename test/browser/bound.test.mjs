// Device-bound session credentials in Chromium: the sign-in is bound to a key of the browser, which
// renews its short-lived cookie by signing; what is copied without it is no session.
//
// Chromium on Linux makes such keys in hardware alone. For tests it has keys in software, behind a
// feature of its own.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browsers, until } from './lib/driver.mjs';
import { arrive, openWorld, signIn } from './lib/world.mjs';

const features = ['DeviceBoundSessions', 'EnableBoundSessionCredentialsSoftwareKeysForManualTesting'];

/** Asks as a program, with cookies and nothing else of the browser. */
const ask = (url, ca, cookies) =>
  new Promise((done, fail) => {
    const lookup = (_host, options, found) => (options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4));
    const q = request(url, { ca, lookup, headers: { Cookie: cookies.map((c) => `${c.name}=${c.value}`).join('; '), Accept: 'text/html' } }, (r) => {
      let body = '';
      r.setEncoding('utf8');
      r.on('data', (b) => (body += b));
      r.on('end', () => done({ status: r.statusCode, body }));
    });
    q.on('error', fail);
    q.end();
  });

describe('device-bound sessions in chromium', { concurrency: 1, skip: !browsers.includes('chromium') }, () => {
  let world;
  let browser;
  let page;
  let name; // of the short-lived cookie
  const step = (title, run) => test(title, { timeout: 120_000 }, run);
  const signout = () => `${world.info.signin}/${world.info.tenant}/signout`;
  const atBroker = async () => (await browser.cookies()).filter((c) => c.domain === new URL(world.info.signin).hostname);
  const bound = async () => (await atBroker()).find((c) => c.name === name);
  const shown = (cookies) => ask(signout(), readFileSync(world.info.ca), cookies);

  before(
    async () => {
      world = await openWorld();
      const file = join(world.data, 'tenant.json');
      const t = JSON.parse(await world.must('tenant', 'get', world.info.tenant, '--json'));
      t.device = { ...t.device, boundSessions: true };
      writeFileSync(file, JSON.stringify(t));
      await world.must('tenant', 'add', file);
      name = `__Host-referee-bound-${world.info.tenant}`;
      browser = await world.browser('chromium', { features });
      page = await browser.page();
    },
    { timeout: 120_000 },
  );
  after(() => world?.close());

  step('the sign-in is bound to a key, on record', async () => {
    await signIn(world, page, 'director');
    await arrive(page, /Board papers/);
    await until(bound, 'the short-lived cookie');
    const life = (await bound()).expires - Date.now() / 1000;
    assert.ok(life > 0 && life <= 300, `it lives ${life} s`);
    await until(async () => (await world.activities()).find((a) => a.type === 'deviceProof' && a.actionType === 'SessionBound' && /its key/.test(a.reason)), 'the record');
  });

  step('the session’s cookie alone is no session; with the short-lived one it is', async () => {
    const cookies = await atBroker();
    assert.match((await shown(cookies)).body, /Sign out everywhere/);
    const alone = cookies.filter((c) => c.name !== name);
    // Requests that were on their way when the session was bound have half a minute; then nothing of the session is shown.
    const { body } = await until(async () => {
      const answer = await shown(alone);
      return /End this session\?/.test(answer.body) ? answer : undefined;
    }, 'the end of the grace', 60_000);
    assert.doesNotMatch(body, /Sign out everywhere|director|Director/);
  });

  step('the browser renews the cookie by itself, from its own page and on its way from an app', async () => {
    const old = (await bound()).value;
    await browser.drop(name);
    assert.equal(await bound(), undefined);
    await page.goto(signout());
    await arrive(page, /Sign out\?/);
    const next = await until(bound, 'a new cookie');
    assert.notEqual(next.value, old);
    await browser.drop(name);
    await page.goto(world.mapped);
    await arrive(page, /Board papers/);
    await page.evaluate((to) => (location.href = to), signout());
    await arrive(page, /Sign out\?/);
    await until(bound, 'a new cookie');
  });

  step('signing out ends it', async () => {
    const cookies = await atBroker();
    await page.click('form button');
    await arrive(page, /You are signed out/);
    assert.match((await shown(cookies)).body, /You are signed out/);
    await until(async () => !(await bound()), 'the end of the cookie');
  });
});
