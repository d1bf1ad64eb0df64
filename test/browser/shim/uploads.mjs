// Files on their way into the page.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../lib/driver.mjs';

const event = (t) => until(() => t.server.events().find((e) => e.type === 'upload'), 'a report of the upload');

async function withFile(run) {
  const dir = mkdtempSync(join(tmpdir(), 'referee-upload-'));
  try {
    const file = join(dir, 'notes.txt');
    writeFileSync(file, 'canary notes');
    return await run(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const hear = () => {
  window.got = [];
  for (const type of ['input', 'change']) document.querySelector('#file').addEventListener(type, (e) => window.got.push(type + e.target.files.length));
};

/** A drop and a paste with a file in it. */
const carried = (type) => {
  const data = new DataTransfer();
  data.items.add(new File(['canary'], 'in.csv', { type: 'text/csv' }));
  const init = { bubbles: true, cancelable: true, dataTransfer: data };
  const e = type === 'drop' ? new DragEvent(type, init) : new ClipboardEvent(type, init);
  // Firefox makes no clipboard event with content.
  if (type === 'paste') Object.defineProperty(e, 'clipboardData', { value: data });
  let heard = false;
  document.querySelector('#area').addEventListener(type, () => (heard = true));
  document.querySelector('#area').dispatchEvent(e);
  return [e.defaultPrevented, heard];
};

export default {
  async 'a file chosen: stopped, and the page has none'(t) {
    await withFile(async (file) => {
      await t.open({ controls: { upload: 'block' } });
      await t.page.evaluate(hear);
      await t.page.files('#file', file);
      const e = await event(t);
      t.assert.deepEqual([e.blocked, e.detail.name, e.detail.bytes], [true, 'notes.txt', 12]);
      t.assert.deepEqual(await t.page.evaluate(() => [window.got, document.querySelector('#file').files.length]), [[], 0]);
    });
  },

  async 'a file chosen: audited, and the page has it'(t) {
    await withFile(async (file) => {
      await t.open({ controls: { upload: 'audit' } });
      await t.page.evaluate(hear);
      await t.page.files('#file', file);
      const e = await event(t);
      t.assert.deepEqual([e.blocked, e.detail.count, e.detail.mime], [false, 1, 'text/plain']);
      t.assert.deepEqual(await t.page.evaluate(() => window.got), ['input1', 'change1']);
    });
  },

  async 'the picker doesn’t open when nothing may be chosen'(t) {
    await t.open({ controls: { upload: 'block' } });
    await t.page.evaluate(() => document.body.addEventListener('click', (e) => (window.clicked = e.defaultPrevented)));
    await t.page.click('#file');
    const e = await event(t);
    t.assert.equal(e.detail.via, 'picker');
    t.assert.equal(await t.page.evaluate(() => window.clicked), undefined);
    const seen = await t.page.evaluate(() => {
      const input = Object.assign(document.createElement('input'), { type: 'file' });
      let opened = false;
      input.addEventListener('click', () => (opened = true));
      input.click();
      return opened;
    });
    t.assert.equal(seen, false);
  },

  async 'files dropped and pasted'(t) {
    await t.open({ controls: { upload: 'block' } });
    t.assert.deepEqual(await t.page.evaluate(carried, 'drop'), [true, false]);
    t.assert.deepEqual(await t.page.evaluate(carried, 'paste'), [true, false]);
    await until(() => t.server.events().filter((e) => e.type === 'upload').length === 2, 'the reports');
    t.assert.deepEqual(t.server.events().filter((e) => e.type === 'upload').map((e) => [e.detail.via, e.detail.mime]), [['drop', 'text/csv'], ['paste', 'text/csv']]);
    await t.open();
    t.assert.deepEqual(await t.page.evaluate(carried, 'drop'), [false, true]);
  },
};
