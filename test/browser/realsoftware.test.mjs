// Real software at both ends, in both browsers: simpleSAMLphp or npm's oidc-provider → Referee → an app of Apache with
// mod_auth_mellon or mod_auth_openidc, every one with every other, the apps behind the gateway. A person opens a deep
// link, signs in at the provider, works in the app, takes no file along, and signs out. And Jupyter, once.
//
// All of it runs once; each person has a browser of their own. Needs `make test-provider`.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newAuthority } from './lib/authority.mjs';
import { browsers, until } from './lib/driver.mjs';
import { arrive, openWorld } from './lib/world.mjs';
import { deep, startApps } from './real/apps.mjs';
import { password, startProviders } from './real/providers.mjs';

const slow = { timeout: 180_000 };
/** Where a page is, as it says itself; nowhere while it is on its way. */
const at = async (page) => new URL(await page.evaluate(() => location.href).catch(() => 'about:blank'));
const textOf = (page) => page.evaluate(() => document.body.innerText).catch(() => '');
const visit = (page, address) => page.goto(address).catch(() => undefined); // pages that post themselves end a navigation early

describe('real software', { concurrency: browsers.length }, () => {
  let world;
  let authority;
  let providers;
  let apps;

  before(async () => {
    world = await openWorld({ args: ['--block', '--real'] });
    authority = newAuthority(world.data);
    providers = await startProviders(world, authority);
    apps = await startApps(world, authority);
  }, slow);
  after(async () => {
    await world?.close(); // Referee first: nobody asks the others any more
    await apps?.stop();
    await providers?.stop();
  });

  /** Says where they are at home: the tenant has two providers. */
  const choose = async (page, provider) => {
    const press = (name) => {
      const button = [...document.querySelectorAll('form button')].find((b) => b.textContent.trim() === name);
      button?.click();
      return Boolean(button);
    };
    await until(() => page.evaluate(press, provider.name).catch(() => false), `the page that offers ${provider.name}`, 60_000);
    await until(async () => (await at(page)).origin === provider.origin && (await page.evaluate(() => Boolean(document.querySelector('input[name=password]')))), `the sign-in of ${provider.name}`, 60_000);
  };
  const give = async (page, word) => {
    await page.fill('input[name=username]', 'director');
    await page.fill('input[name=password]', word);
    await page.press('Enter');
  };
  /** What follows sign-in: the mapped host, with its notice. */
  const enter = async (page, host) => {
    await until(async () => (await at(page)).host === host, `the mapped host ${host}`, 60_000);
    await arrive(page, /monitored/, 60_000);
  };

  async function run(name, provider, app) {
    const browser = await world.browser(name, { authorities: [authority.file] });
    const page = await browser.page();
    const link = `https://${app.mapped}${deep}`;

    await visit(page, link);
    await choose(page, provider);
    await give(page, password);
    await enter(page, app.mapped);
    await page.click('form button');
    await arrive(page, /Board paper/, 60_000);
    assert.equal((await at(page)).href, link);
    assert.match(await textOf(page), /Director, director@contoso\.example/);

    await page.click('#take');
    await arrive(page, /saved|download/i, 60_000);
    const text = await textOf(page);
    assert.ok(!text.includes('north,120'), 'the page holds none of the file');
    const reference = /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(text)?.[0];
    assert.ok(reference, `a reference code in: ${text}`);
    const blocked = await until(async () => (await world.activities('--type', 'download')).find((a) => a.reference === reference.replace('-', '')), `${reference} in the log`, 30_000);
    assert.deepEqual([blocked.outcome, blocked.user.id, blocked.user.email, blocked.app.instance], ['blocked', `${provider.id}:director`, 'director@contoso.example', app.id]);
    assert.deepEqual((await browser.downloads()).map((f) => f.name), []);

    await visit(page, link);
    await arrive(page, /Board paper/, 60_000);
    const other = await browser.page();
    await visit(other, `https://${app.mapped}${app.signOut(app)}`);
    await arrive(other, /signed out/, 60_000);
    assert.equal((await at(other)).origin, world.info.signin);
    assert.equal(await page.evaluate(() => fetch(location.href, { cache: 'no-store' }).then((r) => r.status)), 401);
    // The provider still knows the person. At the app's own address they begin a new session, with its notice.
    await visit(page, app.origin + deep);
    await enter(page, app.mapped);
    assert.equal((await at(page)).href, `https://${app.mapped}${app.start}`);
    await browser.close();
  }

  for (const name of browsers) {
    describe(`in ${name}`, { concurrency: 1 }, () => {
      for (const [id, from] of [['php', 'simpleSAMLphp'], ['npm', 'oidc-provider']]) {
        for (const module of ['mod_auth_mellon', 'mod_auth_openidc']) {
          test(`${from} → Referee → ${module}`, slow, () =>
            run(name, providers.byID[id], apps.byModule[module]).catch((e) => {
              throw new Error(`${e.message}\n${from}: ${providers.byID[id].said().slice(-3000)}\nApache: ${apps.said().slice(-3000)}`, { cause: e });
            }),
          );
        }
      }

      if (name !== browsers[0]) return;
      test('oidc-provider → Referee → Jupyter: a wrong password, the notebook, a file that stays where it is', slow, async () => {
        const person = await world.browser(name, { authorities: [authority.file] });
        const page = await person.page();
        await visit(page, world.info.real);
        await choose(page, providers.byID.npm);
        await give(page, 'a wrong one');
        await until(async () => /Wrong name or password/.test(await textOf(page)), 'the provider to say no');
        await give(page, password);
        await enter(page, world.info.mappedHosts.real);
        await page.click('form button');
        await page.waitFor('#notebook_list', undefined, 60_000);

        await page.evaluate(() => location.assign('/files/Quarter.csv?download=1')); // the notebook wants to know from which page
        await arrive(page, /saved|download/i);
        assert.ok(!(await textOf(page)).includes('north,120'), 'the page holds none of the file');
        assert.deepEqual((await person.downloads()).map((f) => f.name), []);
        await person.close();
      });
    });
  }
});
