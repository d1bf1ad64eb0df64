// Real software at both ends, in Chromium: npm's oidc-provider → Referee → Jupyter behind Apache with
// mod_auth_openidc, the app behind the gateway. The person signs in at the provider and works in the app;
// a file of it stays on the server.
//
// Needs `make test-provider`. Steps follow from each other.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newAuthority } from './lib/authority.mjs';
import { until } from './lib/driver.mjs';
import { arrive, openWorld } from './lib/world.mjs';

const host = 'oidc.provider.localhost';
const password = 'a-password-of-the-test';
const folder = new URL('../signin/oidcprovider/', import.meta.url).pathname;
const at = async (page) => new URL(await page.evaluate(() => location.href));

const freePort = () =>
  new Promise((done, failed) => {
    const s = createServer();
    s.once('error', failed);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

/** Starts oidc-provider as the tenant's only provider: { issuer, authority, stop }. */
async function company(world) {
  const dir = join(world.data, 'npm-provider');
  mkdirSync(dir);
  const authority = newAuthority(dir);
  const port = await freePort();
  const issuer = `https://${host}:${port}`;
  const clientSecret = 'a-client-secret-of-the-test-0123456789';
  const secretFile = join(dir, 'secret');
  writeFileSync(secretFile, `${clientSecret}\n`, { mode: 0o600 });
  const settings = {
    issuer, port, clientId: 'referee', clientSecret, password, redirectUri: `${world.info.signin}/${world.info.tenant}/callback/npm`, ...authority.server('provider', [host]),
  };
  const child = spawn(process.execPath, ['server.mjs'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, OIDC_PROVIDER: JSON.stringify(settings) } });
  let said = '';
  child.stderr.on('data', (d) => (said += d));
  const ended = new Promise((r) => child.once('exit', r));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    await world.must('provider', 'add', 'npm', '--issuer', issuer, '--client-id', 'referee', '--secret-file', secretFile, '--ca-file-of-provider', authority.file);
    await until(async () => (await world.cli('provider', 'test', 'npm')).code === 0, 'the provider to answer Referee');
    await world.must('provider', 'remove', 'company');
  } catch (e) {
    await stop();
    throw new Error(`${e.message}\n${said}`);
  }
  return { issuer, authority, stop };
}

describe('npm oidc-provider, Referee and mod_auth_openidc in chromium', { concurrency: 1 }, () => {
  let world;
  let provider;
  let person;
  let page;

  before(
    async () => {
      world = await openWorld({ args: ['--block', '--real'] });
      provider = await company(world);
      person = await world.browser('chromium', { authorities: [provider.authority.file] });
      page = await person.page();
    },
    { timeout: 180_000 },
  );
  after(async () => {
    await world?.close(); // Referee first: nobody asks the provider any more
    await provider?.stop();
  });

  test('the app’s own link leads to the provider, which refuses a wrong password', { timeout: 120_000 }, async () => {
    await page.goto(world.info.real);
    await arrive(page, /Sign in/);
    assert.equal((await at(page)).origin, provider.issuer);
    await page.fill('input[name=username]', 'director');
    await page.fill('input[name=password]', 'a wrong one');
    await page.click('button[type=submit]');
    await until(async () => /Wrong name or password/.test(await page.evaluate(() => document.body.innerText).catch(() => '')), 'the provider to say no');
  });

  test('the right one leads into the app at its mapped host', { timeout: 120_000 }, async () => {
    await page.fill('input[name=username]', 'director');
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    const mapped = world.info.mappedHosts.real;
    await until(async () => (await at(page)).host === mapped, 'the mapped host', 60_000);
    await arrive(page, /monitored/);
    await page.click('form button');
    await page.waitFor('#notebook_list', undefined, 60_000);
    const login = await until(async () => (await world.activities('--type', 'login')).find((a) => a.user.id === 'npm:director'), 'the sign-in in the log', 30_000);
    assert.equal(login.user.username, 'director@contoso.example');
  });

  test('a file stays where it is', { timeout: 120_000 }, async () => {
    await page.evaluate(() => location.assign('/files/Quarter.csv?download=1')); // the notebook wants to know from which page
    await arrive(page, /saved|download/i);
    assert.ok(!(await page.evaluate(() => document.body.innerText)).includes('north,120'), 'the page holds none of the file');
    await person.settled();
    assert.deepEqual((await person.downloads()).map((f) => f.name), []);
  });
});
