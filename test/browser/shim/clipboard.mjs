// Copy, cut, paste and print.

import { until } from '../lib/driver.mjs';

const event = (t, type) => until(() => t.server.events().find((e) => e.type === type), `a report of ${type}`);
const pick = () => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector('#text'));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
};
const put = (text) => navigator.clipboard.writeText(text);
const held = () => navigator.clipboard.readText();

export default {
  async 'copy by keyboard: stopped, reported without content, told'(t) {
    await t.open({}, {});
    await t.page.click('#button');
    await t.page.evaluate(put, 'before');
    await t.open({ controls: { copy: 'block' }, messages: { copy: { title: 'No copies here', text: 'Why.\nWhat to do.' } } }, { open: '1' });
    await t.page.click('#button');
    await t.page.evaluate(pick);
    await t.page.evaluate(() => document.addEventListener('copy', () => (window.heard = true)));
    await t.page.press('Control+c');
    const e = await event(t, 'copy');
    t.assert.deepEqual({ blocked: e.blocked, control: e.control, detail: e.detail }, { blocked: true, control: 'copy', detail: { via: 'event', length: 30 } });
    t.assert.ok(!JSON.stringify(t.server.reports).includes('canary'));
    t.assert.equal(await t.page.evaluate(() => window.heard), undefined);
    t.assert.equal(await t.page.evaluate(held), 'before');
    await t.page.waitFor(() => document.documentElement.lastElementChild.shadowRoot?.querySelector('h2')?.textContent === 'No copies here');
  },

  async 'copy by keyboard: audited, and done'(t) {
    await t.open({ controls: { copy: 'audit' } });
    await t.page.click('#button');
    await t.page.evaluate(pick);
    await t.page.press('Control+c');
    const e = await event(t, 'copy');
    t.assert.equal(e.blocked, false);
    t.assert.equal(await t.page.evaluate(held), 'Secret canary text in the page');
  },

  async 'copy: allowed means not even reported'(t) {
    await t.open({ controls: { print: 'block' } });
    await t.page.click('#button');
    await t.page.evaluate(pick);
    await t.page.press('Control+c');
    await t.page.evaluate(() => void window.print());
    await event(t, 'print');
    t.assert.equal(t.server.events().some((e) => e.type === 'copy'), false);
  },

  async 'copy by the Clipboard interface and by command'(t) {
    await t.open();
    await t.page.click('#button');
    await t.page.evaluate(put, 'before');
    await t.open({ controls: { copy: 'block' } });
    await t.page.click('#button');
    const thrown = await t.page.evaluate(() => navigator.clipboard.writeText('twelve chars').then(() => 'written', (e) => e.name));
    t.assert.equal(thrown, 'NotAllowedError');
    const e = await event(t, 'copy');
    t.assert.deepEqual(e.detail, { via: 'api', length: 12 });
    const item = await t.page.evaluate(() =>
      navigator.clipboard.write([new ClipboardItem({ 'text/plain': new Blob(['x'], { type: 'text/plain' }) })]).then(() => 'written', (x) => x.name),
    );
    t.assert.equal(item, 'NotAllowedError');
    await t.page.evaluate(pick);
    await t.page.evaluate(() => void document.execCommand('copy'));
    await until(() => t.server.events().filter((x) => x.detail?.via === 'event').length, 'the command');
    t.assert.equal(await t.page.evaluate(held), 'before');
  },

  async 'cut: stopped, and the text stays'(t) {
    await t.open({ controls: { cut: 'block' } });
    await t.page.click('#field');
    await t.page.evaluate(() => document.querySelector('#field').select());
    await t.page.press('Control+x');
    const e = await event(t, 'cut');
    t.assert.deepEqual([e.blocked, e.detail.length], [true, 17]);
    t.assert.equal(await t.page.evaluate(() => document.querySelector('#field').value), 'canary in a field');
  },

  async 'paste: stopped, audited'(t) {
    await t.open();
    await t.page.click('#button');
    await t.page.evaluate(put, 'clip');
    await t.open({ controls: { paste: 'block' } });
    await t.page.click('#area');
    await t.page.press('Control+v');
    t.assert.equal((await event(t, 'paste')).blocked, true);
    t.assert.equal(await t.page.evaluate(() => document.querySelector('#area').value), '');
    t.assert.equal(await t.page.evaluate(() => navigator.clipboard.readText().then(() => 'read', (e) => e.name)), 'NotAllowedError');
    await t.open({ controls: { paste: 'audit' } });
    await t.page.click('#area');
    await t.page.press('Control+v');
    const e = await event(t, 'paste');
    t.assert.deepEqual([e.blocked, e.detail.length], [false, 4]);
    t.assert.equal(await t.page.evaluate(() => document.querySelector('#area').value), 'clip');
  },

  async 'print by script, key and command: stopped, one fact'(t) {
    await t.open({ controls: { print: 'block' } });
    await t.page.evaluate(() => {
      window.printed = 0;
      window.keys = 0;
      addEventListener('beforeprint', () => window.printed++);
      addEventListener('keydown', (e) => e.key === 'p' && (window.keys += e.defaultPrevented ? 1 : 100));
      window.print();
    });
    await t.page.press('Control+p');
    await t.page.evaluate(() => void document.execCommand('print'));
    await event(t, 'print');
    t.assert.deepEqual(await t.page.evaluate(() => [window.printed, window.keys]), [0, 1]);
    t.assert.equal(t.server.events().filter((e) => e.type === 'print').length, 1);
  },

  async 'print by menu: a sheet with one sentence'(t) {
    await t.open({ controls: { print: 'block' } });
    const rules = await t.page.evaluate(() => document.adoptedStyleSheets.map((s) => s.cssRules[0].cssText).join());
    t.assert.match(rules, /@media print/);
    if (t.page.media) {
      await t.page.media({ media: 'print' });
      const shown = await t.page.evaluate(() => [getComputedStyle(document.body).display, getComputedStyle(document.documentElement, '::before').content]);
      await t.page.media({ media: 'screen' });
      t.assert.equal(shown[0], 'none');
      t.assert.match(shown[1], /Printing is not allowed/);
    }
    await t.page.evaluate(() => {
      document.adoptedStyleSheets = [];
      dispatchEvent(new Event('beforeprint'));
    });
    t.assert.equal(await t.page.evaluate(() => document.adoptedStyleSheets.length), 1, 'put back when the page takes it away');
    await t.open({ controls: { print: 'audit' } });
    await t.page.evaluate(() => void dispatchEvent(new Event('beforeprint')));
    t.assert.equal((await event(t, 'print')).blocked, false);
    t.assert.equal(await t.page.evaluate(() => document.adoptedStyleSheets.length), 0);
  },
};
