// Session policies on content in real browsers: a labelled document, one with card numbers, one that is encrypted and an
// archive in an archive are stopped on their way down and up, a clean one is not. Nobody but Referee stops them: they go
// up before the policies are there.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { files } from './content/files.mjs';
import { audit } from './lib/audit.mjs';
import { browsers, until } from './lib/driver.mjs';
import { arrive, heading, openWorld, signIn } from './lib/world.mjs';

const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
const main = (page) => page.evaluate(() => document.querySelector('main')?.innerText || '').catch(() => '');

function suite(name) {
  describe(`content in ${name}`, { concurrency: 1 }, () => {
    let world;
    let person;
    let page;
    const paths = {};
    let ids;

    const inbox = async () => {
      await page.goto(`${world.mapped}/folders/inbox`);
      await arrive(page, /Inbox/);
    };
    const listed = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#files tr[data-id] a, #files tr a')].map((a) => [a.innerText.replace(/^[^\x20-\x7e]+/, '').trim(), a.getAttribute('href')])));
    /** Sends a file as the folder's page does, in one of its ways. */
    const send = async (file, how) => {
      await inbox();
      await page.files('#upload-files', [paths[file]]);
      await page.evaluate((h) => {
        document.getElementById('upload-how').value = h;
        document.getElementById('status').textContent = '';
        document.querySelector('#upload button').click();
      }, how);
    };

    before(
      async () => {
        world = await openWorld();
        const dir = join(world.data, 'mine');
        mkdirSync(dir);
        for (const [file, { bytes }] of Object.entries(files)) writeFileSync((paths[file] = join(dir, file)), bytes);
        person = await world.browser(name);
        page = await person.page();
        await signIn(world, page, 'director');
        await arrive(page, /Board papers/);
        await inbox();
        await page.files('#upload-files', Object.values(paths));
        await page.evaluate(() => document.querySelector('#upload button').click());
        ids = await until(async () => {
          const all = await listed().catch(() => ({}));
          return Object.keys(files).every((f) => all[f]) && all;
        }, 'all files in the inbox', 60_000);
        await world.must('policy', 'apply', new URL('content/policies.yaml', import.meta.url).pathname);
      },
      { timeout: 180_000 },
    );
    after(() => world?.close());

    const step = (title, run) => test(title, { timeout: 120_000 }, run);
    const recorded = (what, check) => until(async () => (await world.activities()).find(check), `the activity ${what}`, 30_000);

    for (const [file, { bytes, down }] of Object.entries(files)) {
      step(`${file} ${down ? 'does not come down' : 'comes down byte for byte'}`, async () => {
        await page.goto(new URL(ids[file], world.mapped).href);
        await until(async () => (await heading(page)).includes(file.replace(/\.\w+$/, '')), `the page of ${file}`, 30_000);
        await page.evaluate(() => document.getElementById('download').click());
        if (!down) {
          const saved = await until(async () => (await person.downloads()).find((f) => f.name === file && f.bytes.length === bytes.length), `the file ${file}`, 60_000);
          assert.equal(sum(saved.bytes), sum(bytes));
          return;
        }
        await arrive(page, /can.t be downloaded/, 60_000);
        assert.match(await main(page), down);
        await audit(page, `the page that blocks ${file}`, { own: true });
        assert.ok(!(await person.downloads()).some((f) => f.name.startsWith(file.replace(/\.\w+$/, ''))), 'nothing was saved');
        const a = await recorded(`of ${file}`, (x) => x.type === 'download' && x.takenAction === 'block' && x.files?.[0]?.name === file);
        assert.ok(!JSON.stringify(a).includes('4111'), 'the activity keeps no text');
      });
    }

    for (const [file, { bytes, up }] of Object.entries(files)) {
      for (const how of file.startsWith('C') ? ['form', 'put', 'tus'] : ['form']) {
        step(`${file} ${up ? 'does not go up' : 'goes up'} by ${how}`, async () => {
          const seen = new Set((await world.activities()).map((x) => x.id ?? x._id));
          await send(file, how);
          if (!up) {
            await recorded(`of ${file} by ${how}`, (x) => !seen.has(x.id ?? x._id) && x.type === 'upload' && x.outcome === 'complete' && x.files?.[0]?.name === file && (how === 'tus' || x.files[0].sha256 === sum(bytes)));
            return;
          }
          if (how === 'form') {
            await arrive(page, /can.t be uploaded/, 60_000);
            assert.match(await main(page), up);
          } else {
            await until(async () => /was not uploaded/.test(await page.evaluate(() => document.getElementById('status').textContent)), 'the page to say that it was not uploaded', 60_000);
          }
          await until(async () => (await world.activities()).some((x) => !seen.has(x.id ?? x._id) && x.type === 'upload' && x.takenAction === 'block' && x.files?.[0]?.name === file), `the activity of ${file}`, 30_000);
        });
      }
    }
  });
}

describe('content', { concurrency: 1 }, () => browsers.forEach(suite));
