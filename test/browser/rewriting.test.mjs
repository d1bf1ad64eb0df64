// Rewriting in real browsers: an app of three hosts that says and does what breaks rewriting proxies, behind the gateway.
// Each family of cases is a page (rewriting/families.mjs). Nothing listens at the real names, so what leaves the gateway
// fails by itself. A case that can't pass is listed in rewriting/open.mjs with its reason; one that passes all the same
// must leave that list. Results go to out/; `node rewriting/table.mjs` makes docs/reference/rewriting.md of them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { browsers } from './lib/driver.mjs';
import { arrive, heading, openWorld } from './lib/world.mjs';
import { openApp } from './rewriting/app.mjs';
import { families } from './rewriting/families.mjs';
import { open } from './rewriting/open.mjs';

const out = new URL('./out/', import.meta.url);
const only = process.env.ONLY?.split(',');

describe('rewriting', { concurrency: 1 }, () => {
  let app;
  let world;
  let origin;

  before(async () => {
    app = await openApp();
    world = await openWorld();
    origin = await app.attach(world);
  }, { timeout: 120_000 });
  after(async () => {
    await world?.close();
    app?.close();
  });

  for (const name of browsers) {
    describe(name, { concurrency: 1 }, () => {
      let browser;
      let page;
      const results = {};

      before(async () => {
        browser = await world.browser(name);
        page = await browser.page();
        await page.goto(`${origin}/f/location`);
        await arrive(page, /Sign in/);
        await page.fill('#username', 'contractor');
        await page.fill('#password', world.info.accounts.contractor);
        await page.click('button[type=submit]');
        await arrive(page, /monitored|Location/);
        if (/monitored/.test(await heading(page))) await page.click('form button');
        await arrive(page, /Location/);
      }, { timeout: 120_000 });
      after(async () => {
        mkdirSync(out, { recursive: true });
        writeFileSync(new URL(`rewriting-${name}.json`, out), JSON.stringify({ browser: name, version: await browser.version(), results }, null, 1));
        await browser.close();
      });

      for (const f of families.filter((o) => !only || only.includes(o.id))) {
        test(f.title, { timeout: 90_000 }, async () => {
          app.requests.length = 0;
          await page.goto(`${origin}/f/${f.id}`);
          await page.waitFor(() => window.finished, undefined, 80_000).catch(() => undefined);
          const got = (await page.evaluate(() => window.results)) ?? {};
          const wrong = [];
          for (const title of Object.keys(f.cases)) {
            const key = `${f.id}: ${title}`;
            const r = got[title] ?? 'never ran';
            results[key] = r;
            const listed = open[key] && (!open[key].in || open[key].in === name);
            if (r !== true && r !== 'n/a' && !listed) wrong.push(`${title}: ${r}`);
            if (r === true && listed) wrong.push(`${title}: passes now; take it off rewriting/open.mjs`);
          }
          assert.deepEqual(wrong, []);
        });
      }
      test('there are enough cases', () => assert.ok(only || Object.keys(results).length >= 120, `${Object.keys(results).length}`));
    });
  }
});
