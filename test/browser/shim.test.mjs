// The client script in real browsers, against a server that plays the gateway.
//
// Each case opens a page with a configuration, does what a person or an app would do, and looks at
// what the page saw, what the server received and what was reported.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newAuthority } from './lib/authority.mjs';
import { browsers, launch } from './lib/driver.mjs';
import { newServer } from './shim/server.mjs';
import clipboard from './shim/clipboard.mjs';
import discover from './shim/discover.mjs';
import frames from './shim/frames.mjs';
import manners from './shim/manners.mjs';
import notices from './shim/notices.mjs';
import saves from './shim/saves.mjs';
import uploads from './shim/uploads.mjs';
import urls from './shim/urls.mjs';

const dir = mkdtempSync(join(tmpdir(), 'referee-shim-'));
let pair;
let authority;

before(() => {
  authority = newAuthority(dir);
  pair = authority.server('gate', ['*.acme.gate.localhost', '*.referee.localhost']);
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** assert, counted: a browser in which cases quietly do nothing is seen. */
function counted() {
  const count = { of: 0 };
  count.assert = new Proxy(assert, {
    get: (target, name) => {
      const f = Reflect.get(target, name);
      return typeof f !== 'function' ? f : (...args) => (count.of++, f(...args));
    },
  });
  return count;
}

function suite(name) {
  describe(`client script in ${name}`, { concurrency: 1 }, () => {
    const count = counted();
    const t = { name, assert: count.assert };
    before(async () => {
      t.server = await newServer(pair);
      t.browser = await launch(name, { authorities: [authority.file] });
      await t.browser.grant(t.server.origin('app-example'), ['clipboard-read', 'clipboard-write']);
      t.page = await t.browser.page();
    });
    after(async () => {
      await t.browser.close();
      t.server.close();
    });

    /** Opens a fixture page afresh; requests and reports start from nothing. */
    t.open = async (overrides, more, label) => {
      t.server.reset();
      await t.page.goto(t.server.page(overrides, more, label));
    };

    for (const cases of [manners, urls, clipboard, saves, uploads, frames, notices, discover]) {
      for (const [title, run] of Object.entries(cases)) test(title, { timeout: 60_000 }, () => run(t));
    }
    test('enough was asserted', () => assert.ok(count.of >= 40, `${count.of} assertions`));
  });
}

// The browsers keep their clipboards to themselves without a display, so they may run at once.
describe('client script', { concurrency: browsers.length }, () => browsers.forEach(suite));
