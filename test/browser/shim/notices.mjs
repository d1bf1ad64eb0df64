// What a person is told.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { until } from '../lib/driver.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const problem = {
  type: 'urn:referee:blocked',
  title: 'This file can’t be downloaded',
  detail: 'Your device isn’t managed.\nOpen it in the app instead.',
  status: 403,
  code: 'RF-7K2M-9QX4',
  requestUrl: 'BROKER/request?c=1',
  confirmUrl: 'https://evil.example/confirm',
};
const address = (p, more = {}) => '/problem?' + new URLSearchParams({ p: JSON.stringify(p), ...more });

/** What is shown, read from the shadow tree that the tests forced open. */
const shown = (kind) => {
  const host = [...document.documentElement.children].find((e) => e.shadowRoot);
  const box = host && host.shadowRoot.querySelector(kind);
  if (!box || !box.querySelector('h2')) return null;
  return {
    role: box.getAttribute('role'),
    title: box.querySelector('h2').textContent,
    text: box.querySelector('p')?.textContent,
    code: box.querySelector('code')?.textContent,
    links: [...box.querySelectorAll('a')].map((a) => [a.textContent, a.href, a.rel]),
    by: box.querySelector('header').textContent,
    sign: box.querySelector('svg').getAttribute('aria-label'),
    focused: host.shadowRoot.activeElement?.textContent,
  };
};

async function audit(t) {
  await t.page.evaluate(axe + ';undefined');
  const found = await t.page.evaluate(async () => {
    const r = await axe.run(document, { resultTypes: ['violations'] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join('; ')}`);
  });
  t.assert.deepEqual(found, []);
}

export default {
  async 'a refused fetch, just asked for: a dialog'(t) {
    await t.open({}, { open: '1' });
    await t.page.click('#button');
    const seen = await t.page.evaluate(async (a) => {
      document.querySelector('#button').focus();
      const r = await fetch(a);
      return [r.status, (await r.json()).code];
    }, address(problem));
    t.assert.deepEqual(seen, [403, 'RF-7K2M-9QX4']);
    const box = await until(() => t.page.evaluate(shown, 'dialog'), 'the dialog');
    t.assert.deepEqual(box, {
      role: 'alertdialog',
      title: problem.title,
      text: problem.detail,
      code: problem.code,
      links: [['Request access', t.server.broker + '/request?c=1', 'noopener']],
      by: 'Referee, for Contoso & Sons',
      sign: 'Referee',
      focused: 'Close',
    });
    await audit(t);
    await t.page.press('Shift+Tab');
    t.assert.equal((await t.page.evaluate(shown, 'dialog')).focused, 'Request access');
    await t.page.press('Escape');
    await until(async () => !(await t.page.evaluate(shown, 'dialog')), 'the end of the dialog');
    t.assert.equal(await t.page.evaluate(() => document.activeElement.id), 'button');
  },

  async 'a refused XMLHttpRequest, whatever it asked for'(t) {
    for (const type of ['', 'json', 'blob', 'arraybuffer']) {
      await t.open({}, { open: '1' });
      await t.page.click('#button');
      const status = await t.page.evaluate(
        ([a, as]) =>
          new Promise((r) => {
            const x = new XMLHttpRequest();
            x.open('GET', a);
            x.responseType = as;
            x.onload = () => r(x.status);
            x.send();
          }),
        [address(problem), type],
      );
      t.assert.equal(status, 403);
      const box = await until(() => t.page.evaluate(shown, 'dialog'), `the dialog for ${type}`);
      t.assert.equal(box.code, problem.code);
    }
  },

  async 'background requests get a status; other servers’ problems get nothing'(t) {
    await t.open({}, { open: '1' });
    await t.page.evaluate(async (all) => {
      for (const a of all) await fetch(a);
    }, [address({ ...problem, silent: true }), address({ ...problem, type: 'https://other.example/p' }), address(problem, { type: 'application/json' }), address('text')]);
    await new Promise((r) => setTimeout(r, 150));
    t.assert.equal(await t.page.evaluate(shown, 'dialog'), null);
    t.assert.equal(await t.page.evaluate(shown, 'section'), null);
    // By itself, before anybody touched the document: no dialog takes the focus.
    await t.open({}, { open: '1', body: `<script>fetch(${JSON.stringify(address(problem))})</script>` });
    const box = await until(() => t.page.evaluate(shown, 'section'), 'the status');
    t.assert.deepEqual([box.role, box.title, box.focused], ['status', problem.title, undefined]);
    await audit(t);
    await t.page.press('Escape');
    await until(async () => !(await t.page.evaluate(shown, 'section')), 'the end of the status');
  },

  async 'a stopped copy gets a status with the code the gateway gave'(t) {
    await t.open({ controls: { copy: 'block' }, messages: { copy: { text: '<b>Ask</b> us', linkText: 'Help', linkUrl: 'https://help.example/' } } }, { open: '1' });
    await t.page.evaluate(() => void document.body.dispatchEvent(new ClipboardEvent('copy', { bubbles: true, cancelable: true })));
    const box = await until(async () => {
      const b = await t.page.evaluate(shown, 'section');
      return b && b.code && b;
    }, 'the code');
    t.assert.deepEqual([box.title, box.text, box.links], ['Copying is not allowed here', '<b>Ask</b> us', [['Help', 'https://help.example/', 'noopener']]]);
    t.assert.match(box.code, /^RF-d\d+-2$/);
  },

  async 'override: the reason is given at the broker, and the gateway says what holds'(t) {
    await t.open({ controls: { copy: 'override' }, messages: { copy: { confirmUrl: 'BROKER/confirm?x=1' } } }, { open: '1' });
    const copy = () => {
      const e = new ClipboardEvent('copy', { bubbles: true, cancelable: true });
      document.body.dispatchEvent(e);
      return e.defaultPrevented;
    };
    t.assert.equal(await t.page.evaluate(copy), true);
    const box = await until(() => t.page.evaluate(shown, 'section'), 'the status');
    t.assert.deepEqual(box.links, [['Give a reason and continue', t.server.broker + '/confirm?x=1', 'noopener']]);
    const follow = () =>
      t.page.evaluate(() => {
        const link = [...document.documentElement.children].find((e) => e.shadowRoot).shadowRoot.querySelector('a');
        link.addEventListener('click', (e) => e.preventDefault());
        link.click();
        dispatchEvent(new Event('focus'));
      });
    // Nothing was granted: coming back changes nothing.
    t.server.setControls({ copy: 'override' });
    await follow();
    await until(() => t.server.requests.some((q) => q.url === '/.referee/controls'), 'the question');
    await new Promise((r) => setTimeout(r, 100));
    t.assert.equal(await t.page.evaluate(copy), true);
    t.server.setControls({ copy: 'audit' });
    await follow();
    await until(async () => !(await t.page.evaluate(copy)), 'what the gateway granted');
    t.server.setControls({});
  },

  async 'a notice of a frame shows in the window above'(t) {
    await t.open({}, { open: '1' });
    const inner = t.server.page({ controls: { copy: 'block' } }, { open: '1' });
    await t.page.evaluate(async (src) => {
      const f = document.createElement('iframe');
      f.style.display = 'none';
      const loaded = new Promise((r) => f.addEventListener('load', r));
      f.src = src;
      document.body.append(f);
      await loaded;
      f.contentDocument.body.dispatchEvent(new f.contentWindow.ClipboardEvent('copy', { bubbles: true, cancelable: true }));
    }, inner);
    const box = await until(() => t.page.evaluate(shown, 'section'), 'the status');
    t.assert.equal(box.title, 'Copying is not allowed here');
  },

  async 'closed to the page when nobody forces it open'(t) {
    await t.open({ controls: { copy: 'block' } });
    await t.page.evaluate(() => void document.body.dispatchEvent(new ClipboardEvent('copy', { bubbles: true, cancelable: true })));
    await until(() => t.page.evaluate(() => document.documentElement.lastElementChild.localName === 'div'), 'the host');
    t.assert.equal(await t.page.evaluate(() => document.documentElement.lastElementChild.shadowRoot), null);
  },

  async 'in forced colours and in the dark'(t) {
    if (!t.page.media) return t.assert.equal(t.name, 'firefox'); // BiDi can't emulate media
    for (const features of [{ forcedColors: 'active' }, { colorScheme: 'dark' }]) {
      await t.page.media(features);
      await t.open({}, { open: '1' });
      await t.page.click('#button');
      await t.page.evaluate((a) => void fetch(a), address(problem));
      await until(() => t.page.evaluate(shown, 'dialog'), 'the dialog');
      await audit(t);
      await t.page.media({ forcedColors: 'none', colorScheme: 'light' });
    }
  },
};
