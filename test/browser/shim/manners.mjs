// What a page can see of the script: nothing but what it does.

import { until } from '../lib/driver.mjs';

export default {
  async 'says hello once, and takes its tag away'(t) {
    await t.open();
    const hello = await until(() => t.server.events().find((e) => e.type === 'hello'), 'the handshake');
    t.assert.match(hello.doc, /^d\d+$/);
    t.assert.equal(await t.page.evaluate(() => document.querySelectorAll('script').length), 0);
  },

  async 'does nothing when it is there twice'(t) {
    await t.open({ controls: { copy: 'audit' } }, { shim: 'twice' });
    await t.page.evaluate(() => document.dispatchEvent(new ClipboardEvent('copy', { bubbles: true })));
    await until(() => t.server.events().find((e) => e.type === 'copy'), 'the report');
    const seen = t.server.events();
    t.assert.equal(seen.filter((e) => e.type === 'hello').length, 1);
    t.assert.equal(seen.filter((e) => e.type === 'copy').length, 1);
  },

  async 'adds no globals'(t) {
    const names = () => Reflect.ownKeys(window).map(String).sort().join();
    await t.open({}, { shim: 'none' });
    const without = await t.page.evaluate(names);
    await t.open();
    t.assert.equal(await t.page.evaluate(names), without);
  },

  async 'leaves functions looking like the browser’s own'(t) {
    await t.open({ controls: { print: 'block', blobDownload: 'block' } });
    const seen = await t.page.evaluate(() => {
      class Mine extends WebSocket {}
      return {
        length: fetch.length === 1 && XMLHttpRequest.prototype.open.length === 2,
        text: [fetch, window.print, WebSocket, Element.prototype.setAttribute].every((f) => /\[native code\]/.test(Function.prototype.toString.call(f))),
        names: [fetch.name, WebSocket.name, Worker.name, XMLHttpRequest.prototype.send.name].join(),
        back: WebSocket.prototype.constructor === WebSocket && Request.prototype.constructor === Request,
        inherits: Mine.CONNECTING === 0 && Mine.prototype instanceof WebSocket,
        request: new Request('/x') instanceof Request,
      };
    });
    t.assert.deepEqual(seen, { length: true, text: true, names: 'fetch,WebSocket,Worker,send', back: true, inherits: true, request: true });
  },

  async 'throws what the browser throws'(t) {
    await t.open();
    const thrown = await t.page.evaluate(async () => {
      const of = (f) => {
        try {
          f();
          return 'nothing';
        } catch (e) {
          return e.name;
        }
      };
      return [
        of(() => new WebSocket('nonsense://x')),
        of(() => new XMLHttpRequest().open('GET', 'https://[')),
        of(() => new Request('https://user:pw@app.example/')),
        of(() => WebSocket('wss://app.example')),
        await fetch('https://[').then(() => 'nothing', (e) => e.name),
        of(() => Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src').set.call({}, 'x')),
      ];
    });
    t.assert.deepEqual(thrown, ['SyntaxError', 'SyntaxError', 'TypeError', 'TypeError', 'TypeError', 'TypeError']);
  },

  async 'keeps working when the page replaces built-ins'(t) {
    await t.open({ controls: { copy: 'block' } });
    const seen = await t.page.evaluate(async () => {
      const back = [];
      const replace = (object, name, by = () => undefined) => {
        const own = object[name];
        back.push(() => (object[name] = own));
        object[name] = by;
      };
      for (const [proto, names] of [
        [String.prototype, ['indexOf', 'slice', 'replace', 'toLowerCase']],
        [Map.prototype, ['get', 'has']],
        [WeakMap.prototype, ['get', 'has']],
        [RegExp.prototype, ['exec', 'test']],
        [EventTarget.prototype, ['addEventListener']],
        [Event.prototype, ['preventDefault', 'stopImmediatePropagation', 'composedPath']],
        [Reflect, ['apply', 'construct']],
      ]) {
        for (const n of names) replace(proto, n);
      }
      replace(window, 'URL', Object);
      replace(JSON, 'stringify');
      const { url } = await fetch('https://app.example/echo');
      const e = new ClipboardEvent('copy', { bubbles: true, cancelable: true });
      document.body.dispatchEvent(e);
      await new Promise((r) => setTimeout(r, 100));
      for (const f of back) f();
      return { url, stopped: e.defaultPrevented };
    });
    t.assert.deepEqual(seen, { url: t.server.origin('app-example') + '/echo', stopped: true });
    const copy = await until(() => t.server.events().find((e) => e.type === 'copy'), 'the report');
    t.assert.equal(copy.blocked, true);
  },

  async 'works under a strict policy and Trusted Types without a violation'(t) {
    const csp =
      "default-src 'none'; script-src 'nonce-n0nce' 'strict-dynamic'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types app referee";
    await t.open({ controls: { print: 'block', copy: 'block' } }, { csp, open: '1' });
    const seen = await t.page.evaluate(async () => {
      const violations = [];
      document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI));
      const policy = window.trustedTypes ? trustedTypes.createPolicy('app', { createScriptURL: (s) => s }) : { createScriptURL: (s) => s };
      const script = document.createElement('script');
      const loaded = new Promise((r) => (script.onload = script.onerror = (e) => r(e.type)));
      script.src = policy.createScriptURL('https://app.example/module.js');
      document.head.append(script);
      window.print();
      return { violations, loaded: await loaded, src: script.src };
    });
    t.assert.deepEqual(seen, { violations: [], loaded: 'load', src: t.server.origin('app-example') + '/module.js' });
    const told = await t.page.waitFor(() => {
      const host = document.documentElement.lastElementChild;
      return host.shadowRoot && host.shadowRoot.querySelector('h2');
    });
    t.assert.ok(told);
  },
};
