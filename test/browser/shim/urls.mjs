// Addresses of real hosts become mapped ones wherever script hands one to the browser.

import { until } from '../lib/driver.mjs';

const visit = async (t) => {
  // A session cookie on the sibling host, as the gateway would have minted it.
  await t.page.goto(t.server.origin('files-example') + '/cookie');
  await t.open();
};

export default {
  async 'fetch, Request and XMLHttpRequest'(t) {
    await t.open();
    const seen = await t.page.evaluate(async () => {
      const through = (address) =>
        new Promise((r) => {
          const x = new XMLHttpRequest();
          x.open('GET', address);
          x.onload = () => r(x.responseURL);
          x.onerror = () => r('error');
          x.send();
        });
      return [
        (await fetch('https://app.example/echo?1')).url,
        (await fetch('http://app.example/echo?2')).url,
        (await fetch('//app.example/echo?3')).url,
        (await fetch(new URL('https://app.example/echo?4'))).url,
        (await fetch(new Request('https://app.example/echo?5', { method: 'POST', body: 'x' }))).url,
        (await fetch('/echo?6')).url,
        (await fetch('\t/\\app.example/echo?7')).url,
        await through('https://app.example/echo?8'),
        new Request('https://cdn.example:8080/a%20b?c=https://app.example/#d').url,
        new Request('https://cdn.example/').url,
        new Request('https://app.example.evil.example/').url,
      ];
    });
    const app = t.server.origin('app-example') + '/echo?';
    t.assert.deepEqual(seen, [
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => app + n),
      t.server.origin('cdn-example') + '/a%20b?c=https://app.example/#d',
      'https://cdn.example/',
      'https://app.example.evil.example/',
    ]);
  },

  async 'hosts however they are written'(t) {
    await t.open();
    const written = [
      'HTTPS://APP.Example/x',
      'https://app.example:443/x',
      'https://app.example:0443/x',
      'http://app.example:80/x',
      'https:\\\\app.example\\x',
      'https:app.example/x',
      ' https://app.example/x',
      'ht\ntps://app.example/x',
      'https://app%2Eexample/x',
      'https://\uff41pp.example/x',
      '//app.example/x',
      '/\\app.example/x',
      'https://app.example',
      'https://app.example?x',
    ];
    const foreign = ['https://app.example:8080/x', 'https://app.example./x', 'https://cdn.example/x', 'https://app.example@other.example/x', 'ftp://app.example/x'];
    const seen = await t.page.evaluate((all) => all.map((x) => new URL(Object.assign(document.createElement('a'), { href: x }).href).host), [...written, ...foreign]);
    const app = new URL(t.server.origin('app-example')).host;
    for (const i in written) {
      // Without slashes it is relative to a page of the same scheme.
      t.assert.equal(seen[i], app, written[i]);
    }
    t.assert.deepEqual(seen.slice(written.length), ['app.example:8080', 'app.example.', 'cdn.example', 'other.example', 'app.example']);
  },

  async 'an object is turned into text once'(t) {
    await t.open();
    const seen = await t.page.evaluate(async () => {
      let times = 0;
      const tricky = { toString: () => (times++ ? 'https://app.example/second' : 'https://app.example/echo') };
      const { url } = await fetch(tricky);
      return { url, times };
    });
    t.assert.deepEqual(seen, { url: t.server.origin('app-example') + '/echo', times: 1 });
  },

  async 'credentials go to sibling hosts, marked when not asked for'(t) {
    await visit(t);
    const seen = await t.page.evaluate(async () => {
      const json = async (...args) => (await fetch(...args)).json();
      const xhr = (headers, credentials) =>
        new Promise((r) => {
          const x = new XMLHttpRequest();
          x.open('GET', 'https://files.example/echo');
          for (const k in headers) x.setRequestHeader(k, headers[k]);
          x.withCredentials = credentials;
          x.onload = () => r(JSON.parse(x.responseText));
          x.send();
        });
      return {
        plain: await json('https://files.example/echo'),
        omit: await json('https://files.example/echo', { credentials: 'omit', headers: { Accept: 'text/plain' } }),
        included: await json('https://files.example/echo', { credentials: 'include' }),
        request: await json(new Request('https://files.example/echo', { method: 'POST', body: 'content', referrerPolicy: 'no-referrer' })),
        xhr: await xhr({}, false),
        xhrAccept: await xhr({ accept: 'text/css' }, false),
        xhrIncluded: await xhr({}, true),
        own: await json('https://app.example/echo'),
      };
    });
    const mark = 'application/vnd.referee.anonymous;q=0';
    for (const [k, v] of Object.entries(seen)) if (k !== 'own') t.assert.match(v.cookie, /__Host-session=s1/, k);
    t.assert.equal(seen.plain.accept, '*/*, ' + mark);
    t.assert.equal(seen.omit.accept, 'text/plain, ' + mark);
    t.assert.equal(seen.included.accept, '*/*');
    t.assert.equal(seen.request.accept, '*/*, ' + mark);
    t.assert.equal(seen.request.body, 'content');
    t.assert.equal(seen.xhr.accept, '*/*, ' + mark);
    t.assert.equal(seen.xhrAccept.accept, 'text/css, ' + mark);
    t.assert.equal(seen.xhrIncluded.accept, '*/*');
    t.assert.equal(seen.own.accept, '*/*');
    t.assert.ok(!t.server.requests.some((q) => q.method === 'OPTIONS'), 'the mark costs no preflight');
  },

  async 'beacon, EventSource, WebSocket'(t) {
    await visit(t);
    const seen = await t.page.evaluate(async () => {
      const source = new EventSource('https://files.example/events');
      const event = await new Promise((r) => {
        source.onmessage = (e) => r(JSON.parse(e.data));
        source.onerror = () => r({});
      });
      source.close();
      const ws = new WebSocket('ws://files.example/socket', ['chat']);
      const address = ws.url;
      navigator.sendBeacon('https://app.example/echo?beacon', 'x');
      return { cookie: event.cookie, credentials: source.withCredentials, address };
    });
    t.assert.match(seen.cookie, /__Host-session/);
    t.assert.equal(seen.credentials, true);
    t.assert.equal(seen.address, t.server.origin('files-example').replace('https', 'wss') + '/socket');
    t.assert.ok(await until(() => t.server.requests.find((q) => q.upgrade), 'the upgrade'));
    t.assert.ok(await until(() => t.server.requests.find((q) => q.url === '/echo?beacon'), 'the beacon'));
  },

  async 'workers of this origin by their real address'(t) {
    await t.open();
    const seen = await t.page.evaluate(async () => {
      const worker = new Worker('https://app.example/worker.js');
      const shared = new SharedWorker(new URL('https://app.example/worker.js'));
      const one = await new Promise((r) => (worker.onmessage = (e) => r(e.data)));
      const two = await new Promise((r) => (shared.port.onmessage = (e) => r(e.data)));
      const registration = await navigator.serviceWorker.register('https://app.example/worker.js', { scope: 'https://app.example/scoped/' });
      const scope = registration.scope;
      await registration.unregister();
      return [one, two, scope];
    });
    t.assert.deepEqual(seen, ['ready', 'ready', t.server.origin('app-example') + '/scoped/']);
  },

  async 'properties and attributes of elements'(t) {
    await t.open();
    const seen = await t.page.evaluate(() => {
      const made = (name, set) => {
        const e = document.createElement(name);
        set(e);
        return e;
      };
      const real = 'https://app.example/image.svg';
      return {
        a: made('a', (e) => (e.href = real)).href,
        attribute: made('a', (e) => e.setAttribute('HREF', real)).href,
        img: made('img', (e) => (e.src = real)).src,
        srcset: made('img', (e) => (e.srcset = real + ' 1x, https://files.example/b,c.png 2x, /d.png 3x')).srcset,
        script: made('script', (e) => (e.src = real)).src,
        link: made('link', (e) => (e.href = real)).href,
        video: made('video', (e) => (e.poster = real)).poster,
        audio: made('audio', (e) => (e.src = 'https://app.example/none')).src,
        form: made('form', (e) => (e.action = real)).action,
        button: made('button', (e) => (e.formAction = real)).formAction,
        object: made('object', (e) => (e.data = real)).data,
        frame: made('iframe', (e) => (e.src = real)).src,
        svg: (() => {
          const u = document.createElementNS('http://www.w3.org/2000/svg', 'use');
          u.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', real + '#x');
          return u.getAttribute('xlink:href');
        })(),
        foreign: made('a', (e) => (e.href = 'https://other.example/x')).href,
        kept: made('a', (e) => e.setAttribute('href', 'HTTPS://Other.example')).getAttribute('href'),
        title: made('a', (e) => e.setAttribute('title', real)).title,
      };
    });
    const image = t.server.origin('app-example') + '/image.svg';
    for (const k of ['a', 'attribute', 'img', 'script', 'link', 'video', 'form', 'button', 'object', 'frame']) t.assert.equal(seen[k], image, k);
    t.assert.equal(seen.srcset, `${image} 1x, ${t.server.origin('files-example')}/b,c.png 2x, /d.png 3x`);
    t.assert.equal(seen.svg, image + '#x');
    t.assert.equal(seen.foreign, 'https://other.example/x');
    t.assert.equal(seen.kept, 'HTTPS://Other.example');
    t.assert.equal(seen.title, 'https://app.example/image.svg');
  },

  async 'module scripts of sibling hosts ask with credentials, in any order of setting'(t) {
    await visit(t);
    const seen = await t.page.evaluate(async () => {
      const add = (set) => {
        const s = document.createElement('script');
        set(s);
        const done = new Promise((r) => (s.onload = s.onerror = (e) => r(e.type + ' ' + s.crossOrigin)));
        document.head.append(s);
        return done;
      };
      return [
        await add((s) => ((s.type = 'module'), (s.src = 'https://files.example/module.js?1'))),
        await add((s) => ((s.src = 'https://files.example/module.js?2'), (s.type = 'module'))),
        await add((s) => ((s.src = 'https://files.example/module.js?3'), (s.crossOrigin = 'anonymous'))),
        await add((s) => (s.src = 'https://files.example/module.js?4')),
      ];
    });
    t.assert.deepEqual(seen, ['load use-credentials', 'load use-credentials', 'load use-credentials', 'load null']);
    for (const n of [1, 2, 3]) t.assert.match(t.server.requests.find((q) => q.url.endsWith('module.js?' + n)).cookie, /__Host-session/);
  },

  async 'what comes in as text is mended'(t) {
    await t.open();
    const seen = await t.page.evaluate(async () => {
      document.querySelector('main').insertAdjacentHTML('beforeend', '<p><a id=l href="https://app.example/landed">go</a><img id=i src="https://app.example/image.svg"></p>');
      const shadow = document.createElement('div').attachShadow({ mode: 'open' });
      document.body.append(shadow.host);
      shadow.innerHTML = '<a href="https://files.example/x">go</a>';
      const node = document.createAttribute('href');
      node.value = 'https://app.example/node';
      const a = document.createElement('a');
      document.body.append(a);
      a.setAttributeNode(node);
      await new Promise((r) => setTimeout(r, 50));
      return [document.querySelector('#l').href, document.querySelector('#i').src, shadow.querySelector('a').href, a.href];
    });
    const app = t.server.origin('app-example');
    t.assert.deepEqual(seen, [app + '/landed', app + '/image.svg', t.server.origin('files-example') + '/x', app + '/node']);
    await t.page.click('#l');
    await until(() => t.page.url().endsWith('/landed'), 'the navigation');
    t.assert.equal(t.page.url(), app + '/landed');
  },

  async 'forms, by button and by script'(t) {
    await t.open({}, { body: '<form id=f action="https://files.example/landed"><button id=b formaction="https://app.example/landed">send</button></form>' });
    await t.page.click('#b');
    await until(() => t.page.url().includes('/landed'), 'the submission');
    t.assert.ok(t.page.url().startsWith(t.server.origin('app-example') + '/landed'));
    await t.open();
    await t.page.evaluate(() => {
      const f = document.createElement('form');
      f.setAttributeNS(null, 'action', 'https://files.example/landed');
      document.body.append(f);
      HTMLFormElement.prototype.submit.call(f);
    });
    await until(() => t.page.url().includes('/landed'), 'the submission');
    t.assert.ok(t.page.url().startsWith(t.server.origin('files-example') + '/landed'));
  },

  async 'location, assigned a real address'(t) {
    await t.open();
    await t.page.evaluate(() => {
      setTimeout(() => (location.href = 'https://files.example/landed?by=location'), 0);
    });
    await until(() => t.page.url().includes('/landed'), 'the navigation');
    t.assert.equal(t.page.url(), t.server.origin('files-example') + '/landed?by=location');
  },

  async 'windows'(t) {
    await t.open();
    await t.page.evaluate(() => void window.open('https://files.example/landed?popup'));
    t.assert.ok(await until(() => t.server.requests.find((q) => q.url === '/landed?popup'), 'the popup'));
  },

  async 'cookies keep to their host'(t) {
    await t.open();
    const seen = await t.page.evaluate(async () => {
      document.cookie = 'one=1; Domain=acme.gate.localhost; Path=/; Secure';
      document.cookie = 'two=2;domain = .app.example;path=/';
      document.cookie = 'three=domain=x; path=/';
      if (window.cookieStore) await cookieStore.set({ name: 'four', value: '4', domain: 'acme.gate.localhost' });
      else document.cookie = 'four=4';
      return document.cookie;
    });
    for (const c of ['one=1', 'two=2', 'three=domain=x', 'four=4']) t.assert.ok(seen.includes(c), `${c} in ${seen}`);
    const all = await t.browser.cookies();
    t.assert.deepEqual([...new Set(all.map((c) => c.domain))].filter((d) => d.startsWith('.')), []);
  },
};
