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
  const box = host && [...host.shadowRoot.querySelectorAll(kind)].find((b) => b.querySelector('h2'));
  if (!box) return null;
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

const waiting = {
  type: 'urn:referee:stepup',
  title: 'Confirm it’s you',
  detail: 'Your organisation asks you to confirm it’s you before this goes on.',
  status: 403,
  confirmUrl: 'BROKER/stepup?ref=1',
  watch: 'ORIGIN/.referee/stepup?ref=1',
};
const guarded = (p = waiting) => '/guarded?' + new URLSearchParams({ p: JSON.stringify(p) });

/** Sends an XMLHttpRequest in the page; window.heard lists what it heard. */
const sendXHR = ({ address, method = 'GET', as = '', sync = false, body = null }) => {
  const x = (window.request = new XMLHttpRequest());
  window.heard = [];
  const hear = (e) => window.heard.push(e.type === 'readystatechange' ? `state ${x.readyState}` : `${e.type} ${x.status}`);
  for (const type of ['loadstart', 'load', 'loadend', 'error', 'abort']) x['on' + type] = hear; // before open, as some do
  x.open(method, address, !sync);
  x.addEventListener('readystatechange', hear);
  x.setRequestHeader('X-Token', 'csrf-1');
  if (!sync) x.responseType = as;
  x.send(body);
  return window.heard;
};

export default {
  async 'an XMLHttpRequest waits for a step-up, and hears the second answer alone'(t) {
    for (const as of ['', 'text', 'json', 'blob', 'arraybuffer']) {
      t.server.setState('waiting');
      await t.open({ refresh: '/.referee/controls' }, { open: '1' });
      await t.page.evaluate(sendXHR, { address: guarded(), as });
      const box = await until(() => t.page.evaluate(shown, 'dialog, section'), 'the status');
      t.assert.deepEqual(box.links, [['Confirm it’s you', t.server.broker + '/stepup?ref=1', 'noopener']]);
      t.assert.deepEqual(await t.page.evaluate(() => window.heard), ['loadstart 0'], as);
      t.server.setState('granted');
      await until(() => t.page.evaluate(() => window.heard.includes('loadend 200')), 'the answer');
      t.assert.deepEqual(await t.page.evaluate(() => window.heard), ['loadstart 0', 'state 2', 'state 3', 'state 4', 'load 200', 'loadend 200'], as);
      const got = await t.page.evaluate(async () => {
        const b = window.request.response;
        return typeof b === 'string' ? JSON.parse(b) : b instanceof Blob ? JSON.parse(await b.text()) : b instanceof ArrayBuffer ? JSON.parse(new TextDecoder().decode(b)) : b;
      });
      t.assert.deepEqual([got.method, got.token], ['GET', 'csrf-1']);
      await until(async () => !(await t.page.evaluate(shown, 'dialog, section')), 'the end of the status');
    }
    t.server.setState('waiting');
  },

  async 'what a script sent is resumed by the address that the gateway gave'(t) {
    t.server.setState('waiting');
    await t.open({}, { open: '1' });
    await t.page.evaluate(sendXHR, { address: guarded({ ...waiting, resume: 'ORIGIN/guarded?p=&kept=7' }), method: 'PUT', body: 'the bytes' });
    await until(() => t.page.evaluate(shown, 'dialog, section'), 'the status');
    t.server.setState('granted');
    await until(() => t.page.evaluate(() => window.heard.includes('loadend 200')), 'the answer');
    const got = await t.page.evaluate(() => JSON.parse(window.request.response));
    t.assert.deepEqual([got.method, got.url, got.body], ['POST', '/guarded?p=&kept=7', '']);
    t.server.setState('waiting');
  },

  async 'a step-up that came to nothing: the page hears the refusal'(t) {
    t.server.setState('ended');
    await t.open({}, { open: '1' });
    await t.page.evaluate(sendXHR, { address: guarded() });
    await until(() => t.page.evaluate(() => window.heard.includes('loadend 403')), 'the refusal');
    t.assert.deepEqual(await t.page.evaluate(() => window.heard), ['loadstart 0', 'state 4', 'load 403', 'loadend 403']);
    t.server.setState('waiting');
  },

  async 'a page gives up a request that waits, or uses it for another'(t) {
    t.server.setState('waiting');
    await t.open({}, { open: '1' });
    await t.page.evaluate(sendXHR, { address: guarded() });
    await until(() => t.page.evaluate(shown, 'dialog, section'), 'the status');
    t.assert.deepEqual(await t.page.evaluate(() => (window.request.abort(), window.heard)), ['loadstart 0', 'abort 0', 'loadend 0']);
    const before = t.server.requests.filter((q) => q.url.startsWith('/guarded')).length;
    t.server.setState('granted');
    await t.page.evaluate(() => new Promise((r) => setTimeout(r, 2000)));
    t.assert.equal(t.server.requests.filter((q) => q.url.startsWith('/guarded')).length, before, 'nothing is sent again');
    t.server.setState('waiting');
  },

  async 'one that can’t wait gets the refusal at once, and others’ answers are never held'(t) {
    t.server.setState('waiting');
    await t.open({}, { open: '1' });
    t.assert.deepEqual((await t.page.evaluate(sendXHR, { address: guarded(), sync: true })).slice(-2), ['load 403', 'loadend 403']);
    // An app's own answer that looks like ours, and leads elsewhere.
    await t.page.evaluate(sendXHR, { address: guarded({ ...waiting, watch: 'https://elsewhere.example/' }) });
    await until(() => t.page.evaluate(() => window.heard.includes('loadend 403')), 'the refusal');
  },

  async 'a stopped copy leads to the step-up, and is open afterwards for a while'(t) {
    t.server.setState('waiting');
    t.server.setWay({ confirm: 'BROKER/stepup?ref=2', watch: 'https://app-example.acme.gate.localhost:PORT/.referee/stepup?ref=2' });
    t.server.setControls({ copy: 'audit' });
    await t.open({ controls: { copy: 'block' }, refresh: '/.referee/controls' }, { open: '1' });
    const copy = () => {
      const e = new ClipboardEvent('copy', { bubbles: true, cancelable: true });
      document.body.dispatchEvent(e);
      return e.defaultPrevented;
    };
    t.assert.equal(await t.page.evaluate(copy), true);
    const box = await until(async () => {
      const b = await t.page.evaluate(shown, 'section');
      return b && b.links.length && b;
    }, 'the link');
    t.assert.deepEqual(box.links, [['Confirm it’s you', t.server.broker + '/stepup?ref=2', 'noopener']]);
    await audit(t);
    t.assert.equal(await t.page.evaluate(copy), true, 'nothing is open yet');
    t.server.setState('granted');
    await until(async () => (await t.page.evaluate(shown, 'section'))?.title === 'Thank you, that’s confirmed', 'the end of the wait');
    t.assert.equal(await t.page.evaluate(copy), false);
    t.server.setWay({});
    t.server.setControls({});
    t.server.setState('waiting');
  },

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
    t.server.setWay({ confirm: 'BROKER/confirm?x=1' });
    await t.open({ controls: { copy: 'override' } }, { open: '1' });
    const copy = () => {
      const e = new ClipboardEvent('copy', { bubbles: true, cancelable: true });
      document.body.dispatchEvent(e);
      return e.defaultPrevented;
    };
    t.assert.equal(await t.page.evaluate(copy), true);
    const box = await until(async () => {
      const b = await t.page.evaluate(shown, 'section');
      return b && b.links.length && b;
    }, 'the status with its link');
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
    t.server.setWay({});
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
