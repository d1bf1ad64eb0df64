// Bytes in the page, on their way to the disk.

import { until } from '../lib/driver.mjs';

const block = { controls: { blobDownload: 'block', savePicker: 'block', dragOut: 'block' } };
const saves = (t) => t.server.events().filter((e) => e.type === 'save');

/** Clicks a link to bytes in every way a page knows; returns how many ways there were. */
const ways = () => {
  const address = () => URL.createObjectURL(new Blob(['canary bytes'], { type: 'application/zip' }));
  const link = (href = address()) => Object.assign(document.createElement('a'), { href, download: 'out.zip' });
  const tries = {
    attached() {
      const a = link();
      document.body.append(a);
      a.click();
    },
    detached: () => link().click(),
    dispatched: () => link().dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })),
    child() {
      const a = link();
      const span = document.createElement('span');
      a.append(span);
      span.click();
    },
    data: () => link('data:application/zip;base64,Y2FuYXJ5').click(),
    closed() {
      const host = document.createElement('div');
      host.dataset.closed = '1';
      document.body.append(host);
      const a = link();
      host.attachShadow({ mode: 'closed' }).append(a);
      a.click();
    },
    open() {
      const host = document.createElement('div');
      document.body.append(host);
      const a = link();
      host.attachShadow({ mode: 'open' }).append(a);
      a.click();
    },
    fragment() {
      const a = link();
      document.createDocumentFragment().append(a);
      a.click();
    },
    svg() {
      const a = document.createElementNS('http://www.w3.org/2000/svg', 'a');
      a.setAttribute('href', address());
      a.setAttribute('download', 'out.zip');
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      svg.append(a);
      document.body.append(svg);
      a.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    },
    borrowed: () => HTMLElement.prototype.click.call(link()),
  };
  for (const k in tries) tries[k]();
  return Object.keys(tries).length;
};

export default {
  async 'links to bytes: stopped, however clicked'(t) {
    await t.open(block);
    const count = await t.page.evaluate(ways);
    await until(() => saves(t).reduce((n, e) => n + (e.times || 1), 0) >= count, 'a report of each');
    t.assert.ok(saves(t).every((e) => e.blocked && e.control === 'blobDownload'));
    const known = saves(t).find((e) => e.detail.bytes === 12);
    t.assert.deepEqual([known.detail.mime, known.detail.name], ['application/zip', 'out.zip']);
    await new Promise((r) => setTimeout(r, 300));
    t.assert.deepEqual(await t.browser.downloads(), []);
  },

  async 'a link clicked by hand, in the open and in a closed tree'(t) {
    await t.open(block, {
      body: '<a id=l download="x.pdf">save</a><div id=h style="display:inline-block;width:80px;height:20px" data-closed=1></div>',
    });
    await t.page.evaluate(() => {
      const href = URL.createObjectURL(new Blob(['canary'], { type: 'application/pdf' }));
      document.querySelector('#l').href = href;
      const root = document.querySelector('#h').attachShadow({ mode: 'closed' });
      root.innerHTML = '<a download="y.pdf" style="display:block;width:80px;height:20px">save</a>';
      root.firstChild.href = href;
    });
    await t.page.click('#l');
    await until(() => saves(t).some((e) => e.detail.name === 'x.pdf'), 'the report');
    await t.page.click('#h');
    await until(() => saves(t).some((e) => e.detail.name === 'y.pdf'), 'the report');
    t.assert.deepEqual(saves(t).map((e) => e.detail.via), ['click', 'click']);
    t.assert.deepEqual(await t.browser.downloads(), []);
  },

  async 'windows and frames on a file; pictures and pages are views'(t) {
    await t.open(block);
    const seen = await t.page.evaluate(async () => {
      const blob = (type) => URL.createObjectURL(new Blob(['<p>canary'], { type }));
      const frame = document.createElement('iframe');
      document.body.append(frame);
      frame.src = blob('application/pdf');
      const view = document.createElement('iframe');
      view.src = blob('text/html');
      document.body.append(view);
      return { window: window.open(blob('application/octet-stream')) === null, frame: frame.src, view: view.src.slice(0, 5) };
    });
    t.assert.deepEqual(seen, { window: true, frame: '', view: 'blob:' });
    await until(() => saves(t).length >= 2, 'the reports');
    t.assert.deepEqual(saves(t).map((e) => e.detail.via), ['frame', 'window']);
  },

  async 'location, assigned a blob that is a file'(t) {
    await t.open(block);
    await t.page.evaluate(() => {
      setTimeout(() => (location.href = URL.createObjectURL(new Blob(['canary'], { type: 'application/zip' }))), 0);
    });
    const e = await until(() => saves(t)[0], 'the report');
    t.assert.deepEqual([e.blocked, e.detail.via], [true, 'location']);
    await new Promise((r) => setTimeout(r, 300));
    t.assert.deepEqual(await t.browser.downloads(), []);
  },

  async 'audited: reported, and saved'(t) {
    await t.open({ controls: { blobDownload: 'audit' } });
    await t.page.evaluate(() => {
      const a = document.createElement('a');
      a.href = URL.createObjectURL(new Blob(['allowed bytes'], { type: 'application/zip' }));
      a.download = 'allowed.zip';
      document.body.append(a);
      a.click();
    });
    const file = await until(async () => (await t.browser.downloads()).find((f) => f.name === 'allowed.zip' && f.bytes.length), 'the file');
    t.assert.equal(file.bytes.toString(), 'allowed bytes');
    const e = await until(() => saves(t)[0], 'the report');
    t.assert.deepEqual([e.blocked, e.detail.bytes], [false, 13]);
  },

  async 'a download from the server is the gateway’s to decide'(t) {
    await t.open(block);
    await t.page.evaluate(() => {
      const a = document.createElement('a');
      a.href = '/report.bin';
      a.download = '';
      document.body.append(a);
      a.click();
    });
    const file = await until(async () => (await t.browser.downloads()).find((f) => f.name === 'report.bin' && f.bytes.length), 'the file');
    t.assert.equal(file.bytes.toString(), 'bytes from the server');
    t.assert.deepEqual(saves(t), []);
  },

  async 'a download that a service worker may answer'(t) {
    await t.open();
    const registered = await t.page.evaluate(async () => {
      const r = await navigator.serviceWorker.register('/worker.js', { scope: '/' });
      await new Promise((done) => {
        const w = r.installing || r.waiting || r.active;
        if (w.state === 'activated') return done();
        w.addEventListener('statechange', () => w.state === 'activated' && done());
      });
      return true;
    });
    t.assert.equal(registered, true);
    await t.open(block);
    await t.page.evaluate(async () => {
      Object.assign(document.createElement('a'), { href: '/worker-made.bin', download: 'worker-made.bin' }).click();
    });
    const e = await until(() => saves(t)[0], 'the report');
    await t.page.evaluate(async () => {
      for (const r of await navigator.serviceWorker.getRegistrations()) await r.unregister();
    });
    t.assert.deepEqual([e.blocked, e.detail.via], [true, 'worker']);
    t.assert.equal(t.server.requests.some((q) => q.url === '/worker-made.bin'), false);
  },

  async 'sharing files; text may be shared'(t) {
    await t.open(block);
    const seen = await t.page.evaluate(async () => {
      if (!navigator.share) return 'NotAllowedError';
      return navigator.share({ files: [new File(['canary'], 'a.txt', { type: 'text/plain' })] }).then(() => 'shared', (e) => e.name);
    });
    t.assert.equal(seen, 'NotAllowedError');
  },

  async 'save pickers, and the private file system'(t) {
    await t.open(block);
    await t.page.click('#button');
    const seen = await t.page.evaluate(async () => {
      const of = (name, o) => (window[name] ? window[name](o).then(() => 'picked', (e) => e.name) : 'NotAllowedError');
      const root = await navigator.storage.getDirectory();
      const file = await root.getFileHandle('own.txt', { create: true });
      const to = await file.createWritable();
      await to.write('kept');
      await to.close();
      return {
        save: await of('showSaveFilePicker', { suggestedName: 'plan.xlsx' }),
        folder: await of('showDirectoryPicker', { mode: 'readwrite' }),
        own: await (await file.getFile()).text(),
      };
    });
    t.assert.deepEqual(seen, { save: 'NotAllowedError', folder: 'NotAllowedError', own: 'kept' });
    if (t.name === 'chromium') {
      const e = await until(() => saves(t).find((x) => x.control === 'savePicker'), 'the report');
      t.assert.deepEqual([e.detail.via, e.detail.name], ['picker', 'plan.xlsx']);
    }
  },

  async 'dragging out is stopped, dragging a card isn’t'(t) {
    await t.open(block);
    const seen = await t.page.evaluate(() => {
      const drag = (node, data = {}) => {
        const dataTransfer = new DataTransfer();
        for (const k in data) dataTransfer.setData(k, data[k]);
        const e = new DragEvent('dragstart', { bubbles: true, cancelable: true, composed: true, dataTransfer });
        node.dispatchEvent(e);
        return [e.defaultPrevented, dataTransfer.types.join()];
      };
      const image = document.body.appendChild(document.createElement('img'));
      return {
        text: drag(document.querySelector('#text').firstChild)[0],
        image: drag(image)[0],
        card: drag(document.querySelector('#card'), { 'text/plain': 'card 1' }),
        file: drag(document.querySelector('#card'), { DownloadURL: 'application/pdf:plan.pdf:https://app.example/x' })[1],
      };
    });
    t.assert.deepEqual(seen, { text: true, image: true, card: [false, 'text/plain'], file: '' });
    const e = await until(() => t.server.events().find((x) => x.type === 'drag'), 'the report');
    t.assert.equal(e.blocked, true);
  },

  async 'a large canvas that is exported is reported'(t) {
    await t.open({ controls: { blobDownload: 'audit' } });
    const length = await t.page.evaluate(() => {
      const of = (side) => Object.assign(document.createElement('canvas'), { width: side, height: side }).toDataURL().length;
      return Math.min(of(16), of(400));
    });
    t.assert.ok(length > 20);
    const e = await until(() => t.server.events().find((x) => x.type === 'canvas'), 'the report');
    t.assert.equal(e.detail.length, 160_000);
  },
};
