// What a script of the app, or a person with the browser's console, can do with bytes.

const press = (way, file) => async (x) => {
  await x.press(way, file);
  return x.said(way);
};

/** A fetch and nothing else: it leaves the page as it was. */
const fetched = (way, file, init) => ({
  gentle: true,
  async run(x) {
    const url = await x.url(way, file);
    await x.here();
    return x.fetch(url, init);
  },
});

/** Runs a function in the page with the file's address; it returns text. */
const inPage = (way, run, file) => async (x, mark) => {
  const url = await x.url(way, file);
  await x.ways(file);
  const got = await x.page.evaluate(run, String(url)).catch((e) => String(e));
  await x.answered(mark);
  return got;
};

const text = `const text = (b) => Array.from(new Uint8Array(b), (c) => String.fromCharCode(c)).join('');`;
const page = (code) => new Function('url', `${text} ${code}`);

export default [
  { id: 'fetch-blob', title: 'fetch, then a blob and a link', run: press('blob'), standard: 'bytes' },
  { id: 'fetch-cookie', title: 'fetch with cookies, then a blob', run: press('cookie-blob'), standard: 'bytes' },
  { id: 'fetch-api', title: 'API with a bearer, then a blob', run: press('api-blob'), standard: 'bytes' },
  { id: 'fetch-text', title: 'fetch of a text file', ...fetched('navigate', 'agenda'), standard: 'bytes' },
  { id: 'fetch-csv', title: 'fetch of a CSV', ...fetched('navigate', 'headcount'), standard: 'bytes' },
  { id: 'fetch-docx-json', title: 'fetch of an Office file labelled JSON', ...fetched('as-json', 'memo'), standard: 'bytes' },
  { id: 'fetch-pdf-html', title: 'fetch of a PDF labelled HTML', ...fetched('as-html'), standard: 'bytes' },
  { id: 'fetch-zip-text', title: 'fetch of a ZIP labelled plain text', ...fetched('as-text', 'pack'), standard: 'bytes' },
  { id: 'fetch-pdf-png', title: 'fetch of a PDF labelled PNG', ...fetched('as-image'), standard: 'bytes' },
  { id: 'fetch-no-cors', title: 'fetch in no-cors mode', ...fetched('navigate', 'report', { mode: 'no-cors', credentials: 'include' }), standard: 'bytes' },
  { id: 'json-blob', title: 'Bytes labelled JSON, then a blob', run: press('json-blob'), standard: 'bytes' },
  { id: 'base64', title: 'Base64 inside JSON from the API', run: press('base64'), standard: 'bytes' },
  { id: 'data-url', title: 'Link to a data: URL', run: press('data-url'), standard: 'bytes' },
  { id: 'xhr', title: 'XMLHttpRequest for an array buffer', run: press('xhr'), standard: 'bytes' },
  {
    id: 'worker',
    title: 'fetch in a worker made of a blob',
    run: inPage('raw', page(`return new Promise((done) => { const w = new Worker(URL.createObjectURL(new Blob(['onmessage = (e) => fetch(e.data).then((r) => r.arrayBuffer()).then((b) => postMessage(b), (x) => postMessage(String(x)))'], { type: 'text/javascript' }))); w.onmessage = (e) => done(typeof e.data === 'string' ? e.data : text(e.data)); w.onerror = () => done('error'); w.postMessage(url); });`)),
    standard: 'bytes',
  },
  { id: 'worker-sibling', title: 'fetch of a sibling host in a worker made of a blob', run: press('worker'), standard: 'bytes', proof: /^The server answered 0/, control: false, why: 'such workers reach no sibling host through the gateway' },
  { id: 'frame-fetch', title: 'fetch by a frame of a sibling host', run: press('frame-fetch'), standard: 'bytes' },
  { id: 'clipboard', title: 'Bytes to the clipboard', run: press('clipboard'), standard: 'bytes' },
  { id: 'picker', title: 'Save picker', run: press('picker'), standard: 'bytes', proof: /picker|Stopped by your/i, control: false, why: 'needs a person to choose a place' },
  {
    id: 'native-fetch',
    title: 'fetch of a fresh frame, without the client script’s hooks',
    run: inPage('raw', page(`const f = document.createElement('iframe'); document.body.append(f); return f.contentWindow.fetch(url).then((r) => r.arrayBuffer()).then(text);`)),
    standard: 'bytes',
  },
  {
    id: 'native-save',
    title: 'Blob saved by a fresh frame’s own functions',
    run: inPage(
      'raw',
      page(`const f = document.createElement('iframe'); document.body.append(f); const w = f.contentWindow;
        return fetch(url).then((r) => (r.ok ? r.arrayBuffer() : Promise.reject(new Error(r.status)))).then((b) => {
          const a = f.contentDocument.createElement('a'); a.href = w.URL.createObjectURL(new w.Blob([b])); a.download = 'x.pdf';
          f.contentDocument.body.append(a); w.HTMLElement.prototype.click.call(a); return text(b); }, String);`),
    ),
    standard: 'saved',
    why: 'the client script deters, it can’t hold a person with the console',
  },
  {
    id: 'blob-navigation',
    title: 'Window on a blob: URL',
    run: inPage('navigate', page(`return fetch(url).then((r) => (r.ok ? r.blob() : Promise.reject(new Error(r.status)))).then((b) => { open(URL.createObjectURL(b)); return b.arrayBuffer().then(text); }, String);`)),
    standard: 'bytes',
  },
  {
    id: 'rendition',
    title: 'Preview by rendition, which is meant to work',
    async run(x) {
      await x.visit(`${x.origin('app')}/files/report`);
      await x.page.waitFor(() => /Page \d of 3/.test(document.getElementById('preview-state')?.textContent));
      return x.page.evaluate(() => document.getElementById('preview-state').textContent);
    },
    proof: /^Page \d of 3/,
    must: (got) => /^Page \d of 3/.test(got),
    standard: 'stopped',
    control: false,
    why: 'it holds nothing of the original',
  },
  {
    id: 'pdfjs',
    title: 'pdf.js on the original bytes',
    must: { none: (got) => /^3 pages/.test(got), strict: (got) => /^no pages; .*can.t be downloaded/.test(got), standard: (got) => /^3 pages/.test(got) },
    async run(x, mark) {
      await x.visit(`${x.origin('app')}/files/report/view`);
      await x.page.waitFor(() => document.querySelector('#sheets')?.dataset.pages || document.getElementById('status')?.textContent || document.getElementById('not-installed'), undefined, 20_000);
      await x.answered(mark);
      return x.page.evaluate(() => `${document.querySelector('#sheets')?.dataset.pages || 'no'} pages; ${document.getElementById('status')?.textContent}`);
    },
    standard: 'bytes',
  },
  { id: 'eventsource', title: 'EventSource on a file', run: inPage('raw', page(`return new Promise((done) => { const e = new EventSource(url); e.onerror = () => { e.close(); done(''); }; });`)), standard: 'bytes' },
  {
    id: 'beacon',
    title: 'sendBeacon, whose answer nobody reads',
    run: inPage('raw', page(`const form = new URLSearchParams({ form_token: (document.cookie.match(/(?:^|; )files_form=([^;]*)/) || [])[1] }); navigator.sendBeacon('/files/report/download', form); return '';`)),
    standard: 'bytes',
  },
  { id: 'head', title: 'HEAD, then GET', run: inPage('navigate', page(`return fetch(url, { method: 'HEAD' }).then(() => fetch(url)).then((r) => r.arrayBuffer()).then(text, String);`)), standard: 'bytes' },
  {
    id: 'zip-api',
    title: 'Archive from the API, by script',
    run: inPage(
      'raw',
      page(`return (async () => { const form = (document.cookie.match(/(?:^|; )files_form=([^;]*)/) || [])[1];
        const t = await (await fetch('/session/token', { method: 'POST', headers: { 'X-Form-Token': form } })).json();
        const api = new URL(JSON.parse(document.getElementById('page-data').textContent).file.contentUrl).origin;
        const r = await fetch(api + '/v1/zip', { method: 'POST', headers: { Authorization: 'Bearer ' + t.access_token, 'Content-Type': 'application/json' }, body: JSON.stringify({ ids: ['report', 'agenda'] }) });
        return text(await r.arrayBuffer()); })();`),
    ),
    standard: 'bytes',
  },
  {
    id: 'websocket',
    title: 'Presence socket asked for a file',
    proof: /viewers/,
    async run(x) {
      await x.ways();
      return x.page.evaluate(
        () =>
          new Promise((done) => {
            const got = [];
            const s = new WebSocket(JSON.parse(document.getElementById('page-data').textContent).presence);
            s.onmessage = (e) => (got.push(String(e.data)), s.close());
            s.onopen = () => s.send(JSON.stringify({ get: 'report' }));
            s.onclose = s.onerror = () => done(got.join(' '));
            setTimeout(() => s.close(), 2000);
          }),
      );
    },
    standard: 'stopped',
    control: false,
    why: 'the app sends no files over it',
  },
  {
    id: 'service-worker',
    title: 'Service worker from an uploaded script',
    async run(x, mark) {
      await x.ways();
      const got = await x.page.evaluate(async () => {
        const form = (document.cookie.match(/(?:^|; )files_form=([^;]*)/) || [])[1];
        const t = await (await fetch('/session/token', { method: 'POST', headers: { 'X-Form-Token': form } })).json();
        const api = new URL(JSON.parse(document.getElementById('page-data').textContent).file.contentUrl).origin;
        const code = 'addEventListener("fetch", (e) => e.respondWith(fetch("/files/report/raw")))';
        const r = await fetch(`${api}/v1/folders/inbox/files/w.js`, { method: 'PUT', headers: { Authorization: `Bearer ${t.access_token}`, 'Content-Type': 'text/javascript' }, body: code });
        const { id } = await r.json();
        try {
          const reg = await navigator.serviceWorker.register(`/files/${id}/raw`, { scope: `/files/${id}/` });
          await new Promise((done) => { const w = reg.installing || reg.active; w.onstatechange = () => w.state === 'activated' && done(); setTimeout(done, 2000); });
          const f = document.createElement('iframe');
          f.src = `/files/${id}/anything`;
          await new Promise((done) => { f.onload = done; document.body.append(f); setTimeout(done, 3000); });
          await reg.unregister();
          return 'registered';
        } catch (e) {
          return String(e);
        }
      });
      await x.answered(mark, undefined, 500);
      return got;
    },
    standard: 'bytes',
  },
  {
    id: 'override-click',
    policy: { action: 'blockWithOverride', then: 'blockWithOverride', level: 'strict' },
    title: 'App script that clicks through a confirmation',
    async run(x) {
      const url = await x.url('raw');
      await x.ways();
      return x.page.evaluate(async (u) => {
        const r = await fetch(u);
        const problem = /problem/.test(r.headers.get('Content-Type')) ? await r.json() : {};
        const at = problem.confirmUrl || problem.requestUrl;
        if (!at) return `no confirmation is offered (${r.status})`;
        const tried = [];
        for (const target of [at, at.replace('request-access', 'override')]) {
          const f = document.createElement('iframe');
          f.src = target;
          await new Promise((done) => { f.onload = done; document.body.append(f); setTimeout(done, 1500); });
          try {
            f.contentDocument.querySelector('textarea').value = 'script';
            f.contentDocument.querySelector('form').submit();
            tried.push('frame clicked');
          } catch (e) {
            tried.push('frame closed to scripts');
          }
          const body = new URLSearchParams({ ref: new URL(target).searchParams.get('ref'), reason: 'script' });
          await fetch(target.split('?')[0], { method: 'POST', mode: 'no-cors', credentials: 'include', body }).then(() => tried.push('posted'), () => tried.push('post refused'));
        }
        const again = await fetch(u);
        const b = new Uint8Array(await again.arrayBuffer());
        return `${tried.join(', ')}; then ${again.status} ${Array.from(b, (c) => String.fromCharCode(c)).join('')}`;
      }, String(url));
    },
    standard: 'bytes',
  },
];
