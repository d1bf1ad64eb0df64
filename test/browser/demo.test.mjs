// The demo's story in real browsers: the director reads and edits on an unmanaged device and can't
// take a file home; the same person on a managed device can; the administrator sees every step.
//
// Each browser has a demo of its own. Steps follow from each other, as in the story.
// PICTURES=1 keeps screenshots in docs/img.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { audit, tabTo } from './lib/audit.mjs';
import { browsers, until } from './lib/driver.mjs';
import { arrive, canary, heading, openWorld, policyID, signIn } from './lib/world.mjs';

const pictures = process.env.PICTURES ? new URL('../../docs/img/', import.meta.url) : undefined;
if (pictures) mkdirSync(pictures, { recursive: true });
/** Where a page is, as it says itself: a driver hears of it later. */
const at = async (page) => new URL(await page.evaluate(() => location.href));
const textOf = (page, selector = 'main') => page.evaluate((s) => document.querySelector(s)?.innerText || '', selector);

/** What a notice in the page says, read from the shadow tree that the test keeps open. */
const notice = () => {
  const host = [...document.documentElement.children].find((e) => e.shadowRoot);
  const box = host && [...host.shadowRoot.querySelectorAll('dialog, section')].find((e) => e.querySelector('h2'));
  return box && { role: box.getAttribute('role'), text: box.innerText, links: [...box.querySelectorAll('a')].map((a) => a.textContent), code: box.querySelector('code')?.textContent };
};
const openShadows = () => {
  const native = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    return native.call(this, { ...init, mode: 'open' });
  };
};

function suite(name) {
  describe(`the story in ${name}`, { concurrency: 1 }, () => {
    let world;
    let director; // a browser, as the device of a person
    let page;
    let reference;

    before(async () => (world = await openWorld()), { timeout: 90_000 });
    after(() => world?.close());

    const step = (title, run, ms = 60_000) => test(title, { timeout: ms }, run);
    const picture = (p, file, whole) => (pictures && name === 'chromium' ? p.screenshot(new URL(`${file}.png`, pictures).pathname, whole) : undefined);
    const open = (path) => page.goto(world.mapped + path);
    const saved = (browser, file) => until(async () => (await browser.downloads()).find((f) => f.name.startsWith(file) && f.bytes.length), `the file ${file}`);
    /** Opens a document's page and presses its Download button. */
    const download = async (p, path, title, origin = world.mapped) => {
      await p.goto(origin + path);
      await arrive(p, title);
      await p.evaluate(() => document.getElementById('download').click());
    };
    const activities = (...filters) => world.activities(...filters);
    const recorded = (what, check, ...filters) => until(async () => (await activities(...filters)).find(check), `the activity ${what}`);

    step('the app’s own link leads to the company’s sign-in', async () => {
      director = await world.browser(name);
      page = await director.page();
      await page.goto(world.info.link);
      await arrive(page, /Sign in/);
      assert.equal((await at(page)).origin, world.info.provider);
      await audit(page, 'the provider’s sign-in page');
      await page.fill('#username', 'director');
      await page.fill('#password', world.info.accounts.director);
      await page.click('button[type=submit]');
    });

    step('the notice says that the session is monitored, before anything else', async () => {
      await arrive(page, /monitored/);
      assert.equal((await at(page)).origin, world.mapped);
      assert.match(await textOf(page), /Demo files/);
      await audit(page, 'the notice page', { own: true });
      await picture(page, 'notice-page');
      await tabTo(page, /Continue to Demo files/, 'the notice page');
      await page.press('Enter');
      await arrive(page, /Board papers/);
      assert.equal((await at(page)).origin, world.mapped);
    });

    step('documents are listed', async () => {
      const names = await page.evaluate(() => [...document.querySelectorAll('#files tr td:nth-child(2)')].map((e) => e.innerText.trim()));
      for (const n of ['Board agenda.txt', 'Quarterly report.pdf', 'Strategy memo.docx', 'Budget.xlsx']) assert.ok(names.some((x) => x.endsWith(n)), `${n} in ${names}`);
      await picture(page, 'files-app');
    });

    step('a document is previewed by its rendition', async () => {
      await page.evaluate(() => [...document.querySelectorAll('#files a')].find((a) => /Quarterly/.test(a.textContent)).click());
      await arrive(page, /Quarterly report/);
      assert.equal((await at(page)).origin, world.mapped);
      await page.waitFor(() => /Page \d of 3/.test(document.getElementById('preview-state')?.textContent));
      await page.waitFor(() => /Only you|people/.test(document.getElementById('viewers')?.textContent));
    });

    step('a text is edited and saved', async () => {
      await open('/files/agenda/edit');
      await page.waitFor(() => document.getElementById('text') && !document.getElementById('text').disabled && document.getElementById('text').value);
      const before = await page.evaluate(() => document.getElementById('text').value);
      assert.match(before, /Agenda of the board meeting/);
      assert.ok(!before.includes(canary));
      await page.fill('#text', 'Agenda of the board meeting\n\n7. Who may take papers home\n');
      await page.click('#save');
      await page.waitFor(() => /Saved as version 2/.test(document.getElementById('status')?.textContent));
    });

    step('while the policy monitors, a download passes and is recorded', async () => {
      await download(page, '/files/report', /Quarterly report/);
      assert.ok((await saved(director, 'Quarterly report')).bytes.includes(canary));
      const a = await recorded('of the download', (x) => x.type === 'download' && x.user.username === 'director' && x.outcome === 'complete');
      assert.ok(JSON.stringify(a.policies || a.monitored || a).includes(policyID), 'the monitoring policy is named');
      assert.deepEqual(a.device.tags, ['unmanaged']);
      assert.match(await world.must('policy', 'report', policyID), /director/i);
    });

    step('the administrator flips the policy, and the download is stopped', async () => {
      await world.must('policy', 'flip', policyID);
      await download(page, '/files/report', /Quarterly report/);
      await arrive(page, /can.t be downloaded/);
      const text = await textOf(page);
      assert.match(text, /isn.t managed by the company/, 'why');
      assert.match(text, /read and edit the file here/, 'what can be done');
      assert.match(text, /helpdesk@/, 'whom to ask');
      assert.match(text, /Quarterly report\.pdf/);
      reference = /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(text)?.[0];
      assert.ok(reference, `a reference code in: ${text}`);
      const request = await page.evaluate(() => [...document.querySelectorAll('a')].find((a) => /Request access/.test(a.textContent))?.href);
      assert.equal(new URL(request).origin, world.info.signin);
      assert.equal((await director.downloads()).length, 1, 'nothing more was saved');
      await audit(page, 'the block page', { own: true });
      await picture(page, 'block-page', true);
    });

    step('referee why explains the code', async () => {
      const text = await world.must('why', reference);
      assert.match(text, /OneDrive - Block download from unmanaged/);
      assert.match(text, /unmanaged/);
      assert.match(text, /Quarterly report\.pdf/);
      assert.match(text, /director/i);
      assert.ok(text.split('\n').length <= 50, 'it fits a screen');
    });

    step('the director asks for an exception', async () => {
      await tabTo(page, /Request access/, 'the block page');
      await page.press('Enter');
      await arrive(page, /Request access/);
      assert.equal((await at(page)).origin, world.info.signin);
      await audit(page, 'the request page', { own: true });
      await page.fill('#reason', 'Board meeting on Thursday, no network there');
      await page.click('form button');
      await arrive(page, /was sent/);
      const list = await world.must('exception', 'list', '--state', 'requested');
      assert.match(list, /director/i);
    });

    step('a blocked fetch gets a problem document and a notice in the page', async () => {
      const p = await director.page();
      await p.init(openShadows);
      await p.goto(`${world.mapped}/files/report/ways`);
      await p.waitFor(() => document.readyState === 'complete' && document.querySelector('[data-way="blob"]'));
      await p.click('[data-way="blob"]');
      const shown = await until(() => p.evaluate(notice), 'the notice in the page');
      assert.match(shown.text, /can.t be downloaded/);
      assert.ok(shown.links.includes('Request access'), `${shown.links}`);
      await until(async () => /can.t be downloaded/.test(await p.evaluate(() => document.querySelector('[data-result="blob"]').textContent)), 'the app’s own words');
      await audit(p, 'the notice in the page', { within: 'html > :not(head):not(body)' });
      assert.equal(shown.role, 'alertdialog');
      await picture(p, 'page-notice');
      const answer = await p.evaluate(async () => {
        const r = await fetch('/files/report/raw');
        return [r.status, r.headers.get('Content-Type'), (await r.json()).type];
      });
      assert.deepEqual(answer, [403, 'application/problem+json', 'urn:referee:blocked']);
      await p.close();
    });

    step('strict: the rendition is shown, pdf.js on the original gets the notice', async () => {
      const p = await director.page();
      await p.init(openShadows);
      await p.goto(`${world.mapped}/files/report`);
      await p.waitFor(() => /Page \d of 3/.test(document.getElementById('preview-state')?.textContent));
      await p.goto(`${world.mapped}/files/report/view`);
      await p.waitFor(() => /can.t be (shown|downloaded)/.test(document.getElementById('status')?.textContent));
      const shown = await until(() => p.evaluate(notice), 'the notice in the page');
      assert.match(shown.text, /can.t be downloaded/);
      assert.match(shown.code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      assert.equal(await p.evaluate(() => document.querySelectorAll('#sheets canvas').length), 0);
      await p.close();
    });

    step('standard: pdf.js draws the original, and a download is stopped all the same', async () => {
      await world.policy({ level: 'standard' });
      await open('/files/report/view');
      await page.waitFor(() => document.querySelector('#sheets')?.dataset.pages);
      assert.deepEqual(await page.evaluate(() => [document.querySelector('#sheets').dataset.pages, document.querySelectorAll('#sheets canvas').length]), ['3', 3]);
      await download(page, '/files/report', /Quarterly report/);
      await arrive(page, /can.t be downloaded/);
      await world.policy({ level: 'strict' });
      await open('/files/report/view');
      await page.waitFor(() => /can.t be (shown|downloaded)/.test(document.getElementById('status')?.textContent));
    });

    step('on the managed device the same person saves the file', async () => {
      const laptop = await world.browser(name, { managed: true });
      const p = await laptop.page();
      await signIn(world, p, 'director');
      await arrive(p, /Board papers/);
      const direct = new URL(world.info.link).origin;
      assert.equal((await at(p)).origin, direct, 'a managed device is not sent through the gateway');
      await download(p, '/files/report', /Quarterly report/, direct);
      assert.ok((await saved(laptop, 'Quarterly report')).bytes.includes(canary));
      // Through the gateway as well, where it is seen who it was.
      await p.goto(`${world.mapped}/files/handbook`);
      await until(async () => /monitored|Handbook/.test(await heading(p)), 'the mapped host');
      if (/monitored/.test(await heading(p))) await p.click('form button');
      await arrive(p, /Handbook/);
      await p.evaluate(() => document.getElementById('download').click());
      assert.ok((await saved(laptop, 'Handbook')).bytes.includes(canary));
      await recorded('of the managed download', (x) => x.type === 'download' && x.outcome === 'complete' && (x.device.tags || []).includes('managed'));
      await laptop.close();
    });

    step('a deep link is kept across sign-in; the contractor sees what is shared, and no more', async () => {
      const b = await world.browser(name);
      const p = await b.page();
      await signIn(world, p, 'contractor', `${world.mapped}/files/handbook?from=mail`);
      await arrive(p, /Handbook/);
      assert.equal((await at(p)).href, `${world.mapped}/files/handbook?from=mail`);
      assert.deepEqual(await p.evaluate(() => [...document.querySelectorAll('nav li')].map((e) => e.innerText.replace(/^\W+/, '').trim()).filter((x) => /Board/.test(x))), []);
      await p.evaluate(() => document.getElementById('download').click());
      await arrive(p, /can.t be downloaded/);
      assert.notEqual(await p.goto(`${world.mapped}/files/report`), 200);
      await b.close();
    });

    step('a form that is sent without a session is sent after sign-in', async () => {
      const b = await world.browser(name);
      const p = await b.page();
      await signIn(world, p, 'employee', `${world.mapped}/files/brief`);
      await arrive(p, /Project brief/);
      await b.forget(new URL(world.mapped).hostname);
      await p.evaluate(() => document.querySelector('form[action$="/delete"] button').click());
      await arrive(p, /Projects/);
      await p.goto(`${world.mapped}/files/brief`);
      await arrive(p, /Not found|gone|no such|There is/i);
      await b.close();
    });

    step('block with override: confirmed with a reason at the broker, it passes', async () => {
      await world.policy({ action: 'blockWithOverride', then: 'blockWithOverride' });
      await download(page, '/files/memo', /Strategy memo/);
      await arrive(page, /can.t be downloaded/);
      await page.evaluate(() => [...document.querySelectorAll('a')].find((a) => /Give a reason/.test(a.textContent)).click());
      await arrive(page, /Continue anyway/);
      assert.equal((await at(page)).origin, world.info.signin);
      await audit(page, 'the confirmation page', { own: true });
      await page.fill('#reason', 'The works council needs it on paper');
      await page.click('form button');
      await until(async () => /may continue/i.test(await heading(page)) || (await at(page)).origin === world.mapped || (await director.downloads()).some((f) => /memo/.test(f.name)), 'what follows the confirmation');
      if (!(await director.downloads()).some((f) => /memo/.test(f.name))) {
        await download(page, '/files/memo', /Strategy memo/);
      }
      assert.ok((await saved(director, 'Strategy memo')).bytes.includes(canary));
      await recorded('of the override', (x) => /override/i.test(x.type + x.actionType) || x.justification);
      // The reason was for this file, and no other.
      await download(page, '/files/budget', /Budget/);
      await arrive(page, /can.t be downloaded/);
      await world.policy({ action: 'block', then: 'block' });
    });

    step('sign-out everywhere closes every tab within a second', async () => {
      const other = await director.page();
      await other.goto(`${world.mapped}/files/handbook`);
      await other.waitFor(() => /Only you|people/.test(document.getElementById('viewers')?.textContent));
      await page.goto(`${world.info.signin}/${world.info.tenant}/signout`);
      await arrive(page, /Sign out/);
      await audit(page, 'the sign-out page', { own: true });
      await page.click('form button');
      const from = Date.now();
      await arrive(page, /signed out/);
      await other.waitFor(() => /signed out|not known/.test(document.getElementById('viewers')?.textContent), undefined, 3000);
      assert.ok(Date.now() - from < 3000);
      assert.equal(await other.evaluate(() => fetch('/files/handbook/raw').then((r) => r.status)), 401);
      await other.goto(`${world.mapped}/files/handbook`);
      // The company's provider may still know the person; here a session begins anew, with its notice.
      await arrive(other, /monitored|Sign in/);
    });

    step('the administrator sees every step', async () => {
      const all = await activities('--limit', '0');
      const has = (what, check) => assert.ok(all.some(check), `${what} in ${[...new Set(all.map((x) => `${x.type}/${x.outcome}`))].join(', ')}`);
      has('sign-in', (x) => /login|signIn/i.test(x.type) && x.user.username === 'director');
      has('page views', (x) => x.type === 'view');
      has('the download that passed', (x) => x.type === 'download' && x.outcome === 'complete' && x.files?.[0]?.name === 'Quarterly report.pdf');
      has('the download that was stopped', (x) => x.type === 'download' && x.outcome === 'blocked' && x.reference);
      has('the request', (x) => /exception/i.test(`${x.type} ${x.actionType}`));
      has('the flip', (x) => x.actionType === 'policy.flip');
      has('sign-out', (x) => /logout|signOut/i.test(x.type));
      has('the contractor', (x) => x.user?.username === 'contractor' && x.outcome === 'blocked');
      assert.ok(all.every((x) => x.tenant === world.info.tenant));
    });
  });
}

describe('the story', { concurrency: browsers.length }, () => browsers.forEach(suite));
