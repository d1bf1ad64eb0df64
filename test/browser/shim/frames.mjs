// Windows that no response made: they have the hooks of the document that made them.

import { until } from '../lib/driver.mjs';

const block = { controls: { blobDownload: 'block', print: 'block', copy: 'block' } };

/** Tries the controls in a window that a page made; gives what got through. */
const attempt = `(w) => {
  const through = [];
  const d = w.document;
  const a = d.createElement('a');
  a.href = w.URL.createObjectURL(new w.Blob(['canary'], { type: 'application/zip' }));
  a.download = 'frame.zip';
  if (!d.body) d.documentElement.append(d.createElement('body'));
  d.body.append(a);
  a.click();
  w.printed = false;
  w.addEventListener('beforeprint', () => through.push('print'));
  w.print();
  const e = new w.ClipboardEvent('copy', { bubbles: true, cancelable: true });
  d.body.dispatchEvent(e);
  if (!e.defaultPrevented) through.push('copy');
  if (new w.Request('https://app.example/x').url !== location.origin + '/x') through.push('url');
  return through;
}`;

async function reported(t) {
  await until(() => ['save', 'print', 'copy'].every((k) => t.server.events().some((e) => e.type === k && e.blocked)), 'the reports');
  return new Set(t.server.events().map((e) => e.doc)).size;
}

export default {
  async 'about:blank frames'(t) {
    await t.open(block);
    const seen = await t.page.evaluate((attempt) => {
      const f = document.body.appendChild(document.createElement('iframe'));
      return (0, eval)(attempt)(f.contentWindow);
    }, attempt);
    t.assert.deepEqual(seen, []);
    t.assert.equal(await reported(t), 1);
  },

  async 'srcdoc frames, after they loaded, by index'(t) {
    await t.open(block);
    const seen = await t.page.evaluate(async (attempt) => {
      const f = document.createElement('iframe');
      f.srcdoc = '<p>inside</p><iframe></iframe>';
      const loaded = new Promise((r) => f.addEventListener('load', r));
      document.body.append(f);
      await loaded;
      return [...(0, eval)(attempt)(window[0]), ...(0, eval)(attempt)(window[0][0])];
    }, attempt);
    t.assert.deepEqual(seen, []);
    t.assert.equal(await reported(t), 1);
  },

  async 'frames from text, and written to'(t) {
    await t.open(block);
    const seen = await t.page.evaluate(async (attempt) => {
      document.body.insertAdjacentHTML('beforeend', '<iframe name=late></iframe>');
      await Promise.resolve();
      const w = window.late;
      w.document.open();
      w.document.write('<p>written');
      w.document.close();
      return (0, eval)(attempt)(w);
    }, attempt);
    t.assert.deepEqual(seen, []);
    t.assert.equal(await reported(t), 1);
  },

  async 'popups'(t) {
    await t.open(block);
    await t.page.click('#button');
    const seen = await t.page.evaluate(async (attempt) => {
      const w = window.open('');
      w.document.write('<p>written');
      const through = (0, eval)(attempt)(w);
      w.close();
      return through;
    }, attempt);
    t.assert.deepEqual(seen, []);
    t.assert.equal(await reported(t), 1);
  },

  async 'a document written anew keeps its hooks'(t) {
    await t.open(block);
    const seen = await t.page.evaluate(async (attempt) => {
      document.open();
      document.write('<!doctype html><body><p>anew');
      document.close();
      return (0, eval)(attempt)(window);
    }, attempt);
    t.assert.deepEqual(seen, []);
    t.assert.equal(await reported(t), 1);
  },

  async 'a frame with a page of the gateway has its own script, once'(t) {
    await t.open({ controls: { copy: 'audit' } });
    const inner = t.server.page({ controls: { copy: 'audit' } });
    await t.page.evaluate(async (src) => {
      const f = document.createElement('iframe');
      document.body.append(f);
      f.contentWindow.touched = true; // the first, blank document is entered too
      const loaded = new Promise((r) => f.addEventListener('load', r));
      f.src = src;
      await loaded;
      f.contentDocument.body.dispatchEvent(new f.contentWindow.ClipboardEvent('copy', { bubbles: true }));
    }, inner);
    const copies = () => t.server.events().filter((e) => e.type === 'copy');
    await until(() => copies().length, 'the report');
    await new Promise((r) => setTimeout(r, 600));
    t.assert.equal(copies().length, 1);
    const hellos = t.server.events().filter((e) => e.type === 'hello');
    t.assert.equal(new Set(hellos.map((e) => e.doc)).size, 2);
    t.assert.equal(copies()[0].doc, hellos[1].doc);
  },

  async 'sandboxed frames: stopped there too, and nothing breaks'(t) {
    await t.open(block, { open: '1' });
    const inner = t.server.page(block, {
      body: `<script>
        const errors = [];
        onerror = (e) => errors.push(String(e));
        onmessage = () => {
          const a = document.createElement('a');
          a.href = URL.createObjectURL(new Blob(['canary'], { type: 'application/zip' }));
          a.download = 'sandbox.zip';
          a.click();
          document.body.dispatchEvent(new ClipboardEvent('copy', { bubbles: true, cancelable: true }));
          parent.postMessage({ errors, url: new Request('https://app.example/x').url }, '*');
        };
      </script>`,
    });
    const seen = await t.page.evaluate(async (src) => {
      const f = document.createElement('iframe');
      f.sandbox = 'allow-scripts allow-downloads';
      const loaded = new Promise((r) => f.addEventListener('load', r));
      f.src = src;
      document.body.append(f);
      await loaded;
      const told = new Promise((r) => addEventListener('message', (e) => r(e.data)));
      f.contentWindow.postMessage('go', '*');
      return told;
    }, inner);
    t.assert.deepEqual(seen, { errors: [], url: t.server.origin('app-example') + '/x' });
    await until(() => t.server.events().some((e) => e.type === 'save' && e.blocked), 'the report');
    t.assert.deepEqual((await t.browser.downloads()).filter((f) => f.name === 'sandbox.zip'), []);
  },

  async 'a <base> elsewhere leads no report astray'(t) {
    await t.open(block, { body: '<base href="https://other.example/">' });
    await t.page.evaluate(() => void document.body.dispatchEvent(new ClipboardEvent('copy', { bubbles: true, cancelable: true })));
    const e = await until(() => t.server.events().find((x) => x.type === 'copy'), 'the report');
    t.assert.equal(e.blocked, true);
  },

  async 'frames of other origins are left alone'(t) {
    await t.open(block);
    const src = t.server.page({}, {}, 'files-example');
    const seen = await t.page.evaluate(async (address) => {
      const f = document.createElement('iframe');
      const loaded = new Promise((r) => f.addEventListener('load', r));
      f.src = address;
      document.body.append(f);
      await loaded;
      try {
        return f.contentWindow.document ? 'entered' : f.contentDocument;
      } catch (e) {
        return e.name;
      }
    }, src);
    t.assert.equal(seen, 'SecurityError');
  },
};
