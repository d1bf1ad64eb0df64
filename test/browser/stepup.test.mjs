// Step-up in real browsers: a session policy asks people to confirm it's them, they are sent to do it,
// and what they were doing goes on: a navigation, a form with a file, a page's fetch and
// XMLHttpRequest. With an authenticator app, recovery codes, and in Chromium passkeys.
//
// Each browser has a demo of its own. Steps follow from each other.
// PICTURES=<folder> keeps screenshots of every page there.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { audit, tabTo } from './lib/audit.mjs';
import { browsers, until } from './lib/driver.mjs';
import { arrive, canary, heading, openWorld, signIn } from './lib/world.mjs';
import { newApp, newKey } from './stepup/authenticator.mjs';

const policies = new URL('stepup/policies.yaml', import.meta.url).pathname;
const pictures = process.env.PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });

const confirmIt = /Confirm it.s you/;
const at = async (page) => new URL(await page.evaluate(() => location.href).catch(() => 'about:blank')); // on its way
const textOf = (page, selector = 'main') => page.evaluate((s) => document.querySelector(s)?.innerText || '', selector);

/** A notice in the page, read from the shadow tree that the test keeps open. */
const notice = () => {
  const host = [...document.documentElement.children].find((e) => e.shadowRoot);
  const box = host && [...host.shadowRoot.querySelectorAll('dialog, section')].find((e) => e.querySelector('h2'));
  return box && { title: box.querySelector('h2').textContent, text: box.innerText, links: Object.fromEntries([...box.querySelectorAll('a')].map((a) => [a.textContent, a.href])) };
};
const openShadows = () => {
  const native = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    return native.call(this, { ...init, mode: 'open' });
  };
};

/** A demo whose tenant confirms people by factors of its own. */
async function ownFactors(world) {
  const file = join(world.data, 'tenant.yaml');
  writeFileSync(file, `${await world.must('tenant', 'get', world.info.tenant)}\nstepUp:\n  by: own\n`);
  await world.must('tenant', 'add', file);
  await world.must('policy', 'apply', policies);
}

function suite(name) {
  describe(`step-up in ${name}`, { concurrency: 1 }, () => {
    let world;
    let person; // a browser
    let page;
    let app; // the authenticator app
    let codes; // recovery codes

    before(
      async () => {
        world = await openWorld();
        await ownFactors(world);
        person = await world.browser(name);
        page = await person.page();
        await signIn(world, page, 'director');
        await arrive(page, /Board papers/);
      },
      { timeout: 120_000 },
    );
    after(() => world?.close());

    let failed; // the step that did: those after it would only say so again
    const step = (title, run, ms = 120_000) =>
      test(title, { timeout: ms }, async (t) => {
        if (failed) return t.skip(`“${failed}” failed`);
        failed = title;
        await run();
        failed = undefined;
      });
    const picture = (p, file) => (pictures && name === 'chromium' ? p.screenshot(join(pictures, `${file}.png`), true) : undefined);
    const saved = (file) => until(async () => (await person.downloads()).find((f) => f.name.startsWith(file) && f.bytes.length), `the file ${file}`, 30_000);
    const recorded = (what, check, ...filters) => until(async () => (await world.activities(...filters)).find(check), `the activity ${what}`, 30_000).catch(async (e) => {
        throw new Error(`${e.message}; there is ${JSON.stringify((await world.activities(...filters)).slice(0, 6).map((a) => [a.type, a.actionType, a.taken, a.outcome, a.reason, a.objects]))}`);
      });
    const shown = (p, pattern) =>
      until(async () => {
        const n = await p.evaluate(notice).catch(() => null);
        return n && pattern.test(n.text) && n;
      }, `a notice that says ${pattern}`);

    /** Opens a document's page and presses its Download button: a navigation. */
    const download = async (id, title) => {
      await page.goto(`${world.mapped}/files/${id}`);
      await arrive(page, title);
      await page.evaluate(() => document.getElementById('download').click());
      await arrive(page, confirmIt);
    };
    /** Follows the block page's button to the sign-in host. */
    const goConfirm = async (p) => {
      assert.ok(Object.values(world.info.mappedHosts).includes((await at(p)).host), 'the page is the gateway’s');
      await p.click('#stepup');
      await until(async () => (await at(p)).origin === world.info.signin, 'the sign-in host');
      await arrive(p, confirmIt);
    };
    const giveCode = async (p, code) => {
      await p.waitFor('#code');
      await p.fill('#code', code);
      await p.evaluate(() => document.querySelector('form[action$="code"] button').click());
    };
    /** Confirms in a window of its own, as a notice in a page leads to. */
    const confirmAt = async (link, code) => {
      assert.equal(new URL(link).origin, world.info.signin);
      const p = await person.page();
      await p.goto(link);
      await arrive(p, confirmIt);
      await giveCode(p, code);
      await until(async () => p.raw.isClosed() || /Thank you/.test(await heading(p)), 'the end of the confirmation');
      await p.close().catch(() => undefined); // it may have closed itself
    };
    const problem = (p, pattern) => until(async () => pattern.test(await textOf(p, '.problem[role=alert]:not([hidden])').catch(() => '')), `the page to say ${pattern}`);
    const recovery = () => codes.pop();

    step('a download asks to confirm, and leads to the set-up of a factor', async () => {
      await download('report', /Quarterly report/);
      assert.match(await textOf(page), /asks you to confirm it.s you/);
      assert.match(await textOf(page), /Quarterly report\.pdf/);
      await audit(page, 'the page that asks to confirm', { own: true });
      await picture(page, 'step-up-asked');
      assert.equal((await person.downloads()).length, 0);
      await goConfirm(page);
      assert.match(await textOf(page), /Quarterly report\.pdf/);
      await audit(page, 'the page that offers a factor', { own: true });
      await picture(page, 'step-up-first');
    });

    step('an authenticator app is set up by keyboard, and the download goes on', async () => {
      await tabTo(page, /Set up an authenticator app/, 'the page that offers a factor');
      await page.press('Enter');
      await arrive(page, /Set up an authenticator app/);
      await audit(page, 'the page with the key', { own: true });
      await picture(page, 'step-up-app');
      const size = await page.evaluate(() => document.querySelector('main svg').getBoundingClientRect().width);
      assert.ok(size >= 180, `the QR code is ${size} px wide`);
      app = newApp(await page.evaluate(() => document.getElementById('key').textContent));
      await giveCode(page, app.wrong());
      await problem(page, /not the code/);
      await audit(page, 'the page with the key, after a wrong code', { own: true });
      await giveCode(page, await app.code());
      await arrive(page, /recovery codes/);
      await audit(page, 'the recovery codes', { own: true });
      await picture(page, 'step-up-recovery');
      codes = await page.evaluate(() => [...document.querySelectorAll('#codes code')].map((e) => e.textContent));
      assert.equal(new Set(codes).size, 10);
      await page.click('#continue');
      assert.ok((await saved('Quarterly report')).bytes.includes(canary));
      await recorded('of the confirmed download', (a) => a.type === 'download' && a.takenAction === 'verified' && a.outcome === 'complete');
      await recorded('of the new factor', (a) => a.actionType === 'SecurityInfoRegistered');
    });

    step('the confirmation was for that file alone; a wrong code opens nothing, a right one the next', async () => {
      await person.clear();
      await download('budget', /Budget/);
      await goConfirm(page);
      await picture(page, 'step-up-code');
      await giveCode(page, app.wrong());
      await problem(page, /did not work/);
      await audit(page, 'the page after a wrong code', { own: true });
      await picture(page, 'step-up-wrong');
      assert.equal((await person.downloads()).length, 0);
      await giveCode(page, await app.code());
      assert.ok((await saved('Budget')).bytes.length);
    });

    step('a recovery code works once', async () => {
      const once = codes[0];
      await download('memo', /Strategy memo/);
      await goConfirm(page);
      await giveCode(page, once.toLowerCase());
      assert.ok((await saved('Strategy memo')).bytes.length);
      await download('headcount', /Headcount/);
      await goConfirm(page);
      await giveCode(page, once);
      await problem(page, /did not work/);
      codes.shift();
      await giveCode(page, recovery());
      await saved('Headcount');
      const list = JSON.parse(await world.must('mfa', 'list', '--user', 'director', '--json')).items;
      assert.equal(list.find((f) => f.kind === 'recoveryCode').left, 8);
    });

    step('a form with a file is kept, and sent again once it is confirmed', async () => {
      const file = join(world.data, 'Minutes of the board.txt');
      const bytes = Buffer.from('Present: all. Decided: nothing.\n'.repeat(2000));
      writeFileSync(file, bytes);
      await page.goto(`${world.mapped}/folders/inbox`);
      await arrive(page, /Inbox/);
      await page.files('#upload-files', [file]);
      await page.evaluate(() => document.querySelector('#upload button').click());
      await arrive(page, confirmIt);
      assert.match(await textOf(page), /Minutes of the board\.txt/);
      await goConfirm(page);
      await giveCode(page, recovery());
      await arrive(page, /Inbox/);
      assert.equal((await at(page)).origin, world.mapped);
      assert.equal(await page.evaluate(() => [...document.querySelectorAll('#files tr td:nth-child(2)')].filter((e) => /Minutes of the board\.txt/.test(e.innerText)).length), 1, 'it is there once');
      const a = await recorded('of the upload', (x) => x.type === 'upload' && x.takenAction === 'verified' && x.outcome === 'complete');
      assert.equal(a.files[0].sha256, createHash('sha256').update(bytes).digest('hex'), 'byte for byte');
    });

    const waits = (title, way, id, file) =>
      step(`a page’s ${title} waits, gets the answer to its second try, and saves it`, async () => {
        await person.clear();
        const p = await person.page();
        await p.init(openShadows);
        await p.goto(`${world.mapped}/files/${id}/ways`);
        const said = (w) => document.querySelector(`[data-result="${w}"]`).textContent;
        await p.waitFor((w) => document.readyState === 'complete' && document.querySelector(`[data-way="${w}"]`), way);
        await p.evaluate((w) => document.querySelector(`[data-way="${w}"]`).click(), way);
        const n = await shown(p, confirmIt);
        await audit(p, 'the notice that asks to confirm', { within: 'html > :not(head):not(body)' });
        await picture(p, `step-up-notice-${way}`);
        assert.equal(await p.evaluate(said, way), '…', 'the page still waits');
        await confirmAt(n.links['Confirm it’s you'], recovery());
        assert.match(await until(() => p.evaluate(said, way).then((x) => x !== '…' && x), 'the page’s answer', 40_000), /^Got \d+ bytes/);
        assert.ok((await saved(file)).bytes.includes(canary));
        await until(async () => !(await p.evaluate(notice)), 'the end of the notice');
        await p.close();
      });
    waits('fetch', 'blob', 'vendors', 'Vendors');
    waits('XMLHttpRequest', 'xhr', 'handbook', 'Handbook');

    step('copying leads to the confirmation, and is open afterwards', async () => {
      const p = await person.page();
      await p.init(openShadows);
      await p.goto(`${world.mapped}/files/vendors`);
      await arrive(p, /Vendors/);
      const copy = () => {
        const e = new ClipboardEvent('copy', { bubbles: true, cancelable: true });
        document.querySelector('h1').dispatchEvent(e);
        return e.defaultPrevented;
      };
      assert.equal(await p.evaluate(copy), true);
      const n = await until(async () => {
        const seen = await shown(p, confirmIt);
        return seen.links['Confirm it’s you'] && seen;
      }, 'the link to confirm');
      await audit(p, 'the notice of a stopped copy', { within: 'html > :not(head):not(body)' });
      await picture(p, 'step-up-copy');
      assert.equal(await p.evaluate(copy), true);
      await confirmAt(n.links['Confirm it’s you'], recovery());
      await shown(p, /that’s confirmed/);
      assert.equal(await p.evaluate(copy), false);
      await recorded('of the copy', (a) => a.type === 'copy' && a.takenAction !== 'block' && a.outcome !== 'blocked');
      await p.close();
    });

    step('a page’s upload waits, and is sent again byte for byte', async () => {
      const file = join(world.data, 'Annex.txt');
      const bytes = Buffer.from('An annex.\n'.repeat(9000));
      writeFileSync(file, bytes);
      const p = await person.page();
      await p.init(openShadows);
      await p.goto(`${world.mapped}/folders/inbox`);
      await arrive(p, /Inbox/);
      await p.files('#upload-files', [file]);
      await p.evaluate(() => {
        document.getElementById('upload-how').value = 'put';
        document.querySelector('#upload button').click();
      });
      const n = await shown(p, confirmIt);
      await confirmAt(n.links['Confirm it’s you'], recovery());
      await p.waitFor(() => [...document.querySelectorAll('#files tr td:nth-child(2)')].some((e) => /Annex\.txt/.test(e.textContent)));
      const a = await recorded('of the upload', (x) => x.type === 'upload' && x.outcome === 'complete' && x.files?.[0]?.name === 'Annex.txt');
      assert.equal(a.files[0].sha256, createHash('sha256').update(bytes).digest('hex'));
      await p.close();
    });

    const info = () => `${world.info.signin}/${world.info.tenant}/security-info`;
    const factors = () => page.evaluate(() => [...document.querySelectorAll('#factors li strong')].map((e) => e.textContent));

    step('security info is shown to its owner, and changed after a confirmation', async () => {
      await page.goto(`${world.info.signin}/${world.info.tenant}/signout`);
      await arrive(page, /Sign out/);
      await tabTo(page, /Change how you confirm/, 'the sign-out page');
      await page.press('Enter');
      await arrive(page, /Security info/);
      assert.deepEqual(await factors(), ['Authenticator app', 'Recovery codes']);
      assert.match(await textOf(page), /confirm it.s you first/);
      assert.equal(await page.evaluate(() => document.querySelectorAll('form[action$="remove"]').length), 0);
      await audit(page, 'security info', { own: true });
      await picture(page, 'security-info');
      await page.click('#confirm');
      await arrive(page, confirmIt);
      await giveCode(page, recovery());
      await arrive(page, /Security info/);
      await audit(page, 'security info, open for changes', { own: true });
      await picture(page, 'security-info-open');
      await page.evaluate(() => document.getElementById('recovery').click());
      await arrive(page, /recovery codes/);
      const old = recovery();
      codes = await page.evaluate(() => [...document.querySelectorAll('#codes code')].map((e) => e.textContent));
      assert.ok(codes.length === 10 && !codes.includes(old));
      await page.click('#continue');
      await arrive(page, /Security info/);
      assert.match(await textOf(page, '#factors'), /10 left/);
    });

    step('an administrator’s reset takes all factors away, and a new one is set up', async () => {
      await world.must('mfa', 'reset', 'director', '--reason', 'telephone lost, known by voice');
      await download('agenda', /Board agenda/);
      await goConfirm(page);
      assert.equal(await page.evaluate(() => !!document.getElementById('code')), false, 'no code is asked for');
      assert.match(await textOf(page), /Set up a way to confirm it.s you/);
      await recorded('of the reset', (a) => a.actionType === 'SecurityInfoReset');
    });

    if (name === 'chromium') passkeys();

    /** Passkeys: set up, used, and everything that is not the person's own refused. */
    function passkeys() {
      let key; // the virtual security key
      let mine; // its credential
      const goConfirmAgain = async () => {
        await page.goto(page.url().replace(/\/passkey$/, ''));
        await arrive(page, confirmIt);
      };
      const press = (selector) => page.evaluate((s) => document.querySelector(s).click(), selector);

      step('a passkey is set up, and the download goes on', async () => {
        await person.clear();
        key = await newKey(page);
        await page.fill('#name', 'Laptop');
        await press('#new-passkey');
        await arrive(page, /recovery codes/);
        codes = await page.evaluate(() => [...document.querySelectorAll('#codes code')].map((e) => e.textContent));
        await page.click('#continue');
        await saved('Board agenda');
        [mine] = await key.credentials();
        assert.equal(mine.rpId, new URL(world.info.signin).hostname);
        const a = await recorded('of the passkey', (x) => x.actionType === 'SecurityInfoRegistered' && x.objects?.[0]?.name === 'Laptop');
        assert.equal(a.objects[0].id, 'passkey');
      });

      step('it is asked for the next time, and opens one more', async () => {
        await download('plan', /Site plan/);
        await goConfirm(page);
        await audit(page, 'the page that asks for the passkey', { own: true });
        await picture(page, 'step-up-passkey');
        await press('#passkey');
        await saved('Site plan');
      });

      step('a second one is added on the page of security info, and removed there', async () => {
        const spare = await person.page();
        const other = await newKey(spare);
        await spare.goto(info());
        await arrive(spare, /Security info/);
        assert.match(await textOf(spare), /Laptop/);
        if (await spare.evaluate(() => !!document.getElementById('confirm'))) {
          await spare.click('#confirm');
          await arrive(spare, confirmIt);
          await giveCode(spare, codes[0]);
          await arrive(spare, /Security info/);
        }
        await spare.fill('#name', 'Spare key');
        await spare.evaluate(() => document.getElementById('new-passkey').click());
        const listed = () => spare.evaluate(() => [...document.querySelectorAll('#factors li strong')].map((e) => e.textContent)).catch(() => []); // on its way
        await until(async () => (await listed()).includes('Passkey: Spare key'), 'the second passkey');
        assert.equal((await other.credentials()).length, 1);
        await audit(spare, 'security info with passkeys', { own: true });
        await (pictures && spare.screenshot(join(pictures, 'security-info-passkeys.png'), true));
        await spare.evaluate(() => document.querySelector('[aria-label="Remove Passkey Spare key"]').click());
        await until(async () => ((l) => l.includes('Passkey: Laptop') && !l.includes('Passkey: Spare key'))(await listed()), 'the removal');
        await recorded('of the removal', (x) => x.actionType === 'SecurityInfoDeleted' && x.objects?.[0]?.name === 'Spare key');
        await spare.close();
      });

      step('one whose owner is not recognised opens nothing', async () => {
        await person.clear();
        await download('pack', /Board pack/);
        await goConfirm(page);
        await key.verified(false);
        await press('#passkey');
        await problem(page, /passkey was not used/);
        await key.verified(true);
      });

      step('another key under the same name opens nothing', async () => {
        const [real] = await key.credentials();
        await key.clear();
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        await key.add({ ...real, privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64') });
        await press('#passkey');
        await problem(page, /did not work/);
        await recorded('of the refusal', (x) => x.actionType === 'StrongAuthenticationFailed' && /signature/i.test(x.reason));
        await key.clear();
        await key.add(real);
        mine = real;
        await press('#passkey');
        await saved('Board pack');
      });

      step('a copy that was used before gives itself away, and is refused from then on', async () => {
        await person.clear();
        await key.clear();
        await key.add({ ...mine, signCount: 1 });
        await download('brief', /Project brief/);
        await goConfirm(page);
        await press('#passkey');
        await problem(page, /did not work/);
        await goConfirmAgain();
        await press('#passkey');
        await problem(page, /did not work/);
        assert.equal((await person.downloads()).length, 0);
        await recorded('of the copy', (x) => x.actionType === 'StrongAuthenticationFailed' && /counter|copied|copy/.test(x.reason));
      });
    }

    step('the record tells every step', async () => {
      const found = (all, type) => all.filter((a) => a.actionType === type);
      const all = await until(async () => {
        const list = await world.activities('--limit', '0');
        return found(list, 'StrongAuthenticationSucceeded').length >= 6 && found(list, 'StrongAuthenticationFailed').length >= 3 && list;
      }, 'the record');
      for (const a of found(all, 'StrongAuthenticationFailed')) assert.ok(a.reason && a.user.username === 'director', JSON.stringify(a));
      for (const line of world.log) for (const code of codes) assert.ok(!line.includes(code), 'no code in the log');
    });
  });
}

describe('step-up', { concurrency: browsers.length }, () => browsers.forEach(suite));
