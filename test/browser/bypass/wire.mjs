// What a program can send that a browser would not: pieces, codings, odd lines and names, other
// people's cookies. It has the browser's cookies unless said otherwise.

const all = (a) => `${a.status} ${a.body}`;
const path = (u) => u.pathname + u.search;

/** A request for the file on the app's host, changed. */
const raw = (change, as) => async (x) => all(await x.program('app', { path: '/files/report/raw', ...change(x) }, as));

/** The file in pieces; each is asked for by itself. It leaves the page as it was. */
const pieces = (size, file, more = {}) => async (x) => {
  const url = await x.url('raw', file);
  await x.here();
  return x.page.evaluate(
    async ([u, n, headers]) => {
      let s = '';
      for (let at = 0; at < 6 * n || at < 120; at += n) {
        const r = await fetch(u, { headers: { ...headers, Range: `bytes=${at}-${at + n - 1}` }, cache: 'no-store' });
        if (!r.ok) return `${s} (${r.status})`;
        for (const c of new Uint8Array(await r.arrayBuffer())) s += String.fromCharCode(c);
      }
      return s;
    },
    [String(url), size, more],
  );
};

const encodings = ['identity', 'gzip', 'br;q=1, identity;q=0', 'dcb, dcz', 'x-unknown', '*;q=0', 'gzip, gzip, gzip', ''];

export default [
  { id: 'range-pieces', title: 'Ranges of 512 bytes', gentle: true, run: pieces(512), standard: 'bytes' },
  { id: 'range-drip', title: 'Slow drip: ranges of 4 bytes of a text file', gentle: true, run: pieces(4, 'agenda'), standard: 'bytes' },
  { id: 'range-middle', title: 'A range that leaves the first bytes out', run: raw(() => ({ headers: { Range: 'bytes=16-' } }), 'script'), standard: 'bytes' },
  { id: 'range-suffix', title: 'Suffix range', run: raw(() => ({ headers: { Range: 'bytes=-100000' } }), 'script'), standard: 'bytes' },
  { id: 'range-multi', title: 'Several ranges in one answer', run: raw(() => ({ headers: { Range: 'bytes=0-99,200-299,300-9999' } }), 'script'), standard: 'bytes' },
  { id: 'if-range', title: 'Range with If-Range', run: raw(() => ({ headers: { Range: 'bytes=0-', 'If-Range': '"report-1"' } }), 'script'), standard: 'bytes' },
  { id: 'if-range-old', title: 'Range with an If-Range that doesn’t hold', run: raw(() => ({ headers: { Range: 'bytes=5-', 'If-Range': '"x"' } }), 'script'), standard: 'bytes' },
  { id: 'if-none-match', title: 'Conditional request with another tag', run: raw(() => ({ headers: { 'If-None-Match': '"x"' } }), 'script'), standard: 'bytes' },
  ...encodings.map((e) => ({
    id: `encoding-${e.split(/[;,]/)[0].replace('*', 'none') || 'empty'}${e.includes(',') && e.startsWith('gzip') ? '-thrice' : ''}`,
    title: `Accept-Encoding: ${e || '(empty)'}`,
    run: async (x) => all(await x.program('app', { path: '/files/agenda/raw', headers: { 'Accept-Encoding': e } }, 'script')),
    standard: 'bytes',
  })),
  { id: 'no-metadata', title: 'No Sec-Fetch-* at all', run: raw(() => ({ headers: { 'Sec-Fetch-Site': undefined, 'Sec-Fetch-Mode': undefined, 'Sec-Fetch-Dest': undefined, 'Sec-Fetch-User': undefined } })), standard: 'bytes' },
  { id: 'spoofed-image', title: 'Sec-Fetch-* of a picture', run: raw(() => ({ headers: { 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-User': undefined } })), standard: 'bytes' },
  { id: 'spoofed-script', title: 'Sec-Fetch-* of a script', run: async (x) => all(await x.program('app', { path: '/files/agenda/raw', headers: { 'Sec-Fetch-Dest': 'script', 'Sec-Fetch-Mode': 'no-cors' } })), standard: 'bytes' },
  { id: 'http10', title: 'HTTP/1.0', run: raw(() => ({ version: '1.0' })), standard: 'stopped' },
  { id: 'absolute-form', title: 'Absolute-form request target', run: raw((x) => ({ path: `https://${x.hosts.app}/files/report/raw` })), standard: 'stopped' },
  { id: 'absolute-real', title: 'Absolute-form target of the real host', run: raw((x) => ({ path: `https://${x.real.app}/files/report/raw` })), standard: 'stopped', control: false, why: 'names no mapped host' },
  { id: 'host-real', title: 'Host of the real app', run: raw((x) => ({ host: x.real.app })), standard: 'stopped', control: false, why: 'names no mapped host' },
  { id: 'host-dot', title: 'Host with a trailing dot', run: raw((x) => ({ host: x.hosts.app.replace(':', '.:') })), standard: 'stopped', control: false, why: 'another authority' },
  { id: 'host-no-port', title: 'Host without its port', run: raw((x) => ({ host: x.hosts.app.split(':')[0] })), standard: 'stopped', control: false, why: 'another authority' },
  { id: 'host-port', title: 'Host with another port', run: raw((x) => ({ host: `${x.hosts.app.split(':')[0]}:443` })), standard: 'stopped', control: false, why: 'another authority' },
  { id: 'host-upper', title: 'Host in capitals', run: raw((x) => ({ host: x.hosts.app.toUpperCase() })), standard: 'stopped' },
  { id: 'host-twice', title: 'Two Host fields', run: raw((x) => ({ headers: { host: x.hosts.cdn } })), standard: 'stopped', control: false, why: 'malformed' },
  { id: 'forwarded-host', title: 'X-Forwarded-Host, Forwarded, X-Host', run: raw((x) => ({ headers: { 'X-Forwarded-Host': x.real.app, Forwarded: `host=${x.real.app}`, 'X-Host': x.real.app, 'X-Forwarded-For': '127.0.0.1' } })), standard: 'stopped' },
  { id: 'original-url', title: 'X-Original-URL, X-Rewrite-URL', run: async (x) => all(await x.program('app', { path: '/folders/board-papers', headers: { 'X-Original-URL': '/files/agenda/raw', 'X-Rewrite-URL': '/files/agenda/raw' } })), target: /^\/folders\/board-papers$/, standard: 'stopped', control: false, why: 'the app heeds no such field' },
  { id: 'method-override', title: 'X-HTTP-Method-Override', run: async (x) => all(await x.program('app', { path: '/files/report/raw', method: 'HEAD', headers: { 'X-HTTP-Method-Override': 'GET' } }, 'script')), standard: 'stopped', control: false, why: 'the app heeds no such field' },
  ...[
    ['double-encoded', '/%2566iles/agenda/raw', false],
    ['encoded', '/%66iles/%61genda/r%61w', true],
    ['encoded-slash', '/files%2Fagenda%2Fraw', false],
    ['dot-segments', '/pdfjs/../files/agenda/raw', false],
    ['encoded-dots', '/pdfjs/%2e%2e/files/agenda/raw', false],
    ['slashes', '//files//agenda//raw', false],
    ['semicolon', '/files/agenda/raw;x=/assets/y.js', false],
    ['trailing', '/files/agenda/raw?/assets/a.js', true],
    ['backslash', '/assets\\..\\files\\agenda\\raw', false],
    ['null', '/files/agenda/raw%00.js', false],
  ].map(([id, p, works]) => ({
    id: `path-${id}`,
    title: `Path ${p}`,
    target: /a(g|%67)enda|%61genda/i,
    run: async (x) => all(await x.program('app', { path: p }, 'script')),
    standard: 'bytes',
    ...(works ? {} : { control: false, why: 'the app has no such path' }),
  })),
  {
    id: 'path-cdn-encoded',
    title: 'Encoded letters in a signed address',
    run: async (x) => {
      const u = await x.url('navigate', 'agenda');
      return all(await x.program('cdn', { path: path(u).replace('/d/', '/%64/') }, 'script'));
    },
    target: /agenda|%64/,
    standard: 'bytes',
  },
  {
    id: 'h2-plain',
    title: 'The file over HTTP/2 from a program',
    async run(x) {
      const [a] = await x.program2('app', [{ ':path': '/files/report/raw', cookie: await x.cookies(x.hosts.app), 'user-agent': x.agent, accept: '*/*', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }]);
      return all(a);
    },
    standard: 'bytes',
  },
  {
    id: 'h2-coalesced',
    title: 'HTTP/2: the file host asked on the app’s connection',
    async run(x) {
      const u = await x.url('navigate');
      const [a] = await x.program2('cdn', [{ ':path': path(u), ':authority': x.hosts.cdn, cookie: await x.cookies(x.hosts.cdn), 'user-agent': x.agent, accept: '*/*', origin: x.origin('app'), 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }], x.hosts.app);
      return all(a);
    },
    standard: 'bytes',
  },
  {
    id: 'h2-device',
    title: 'HTTP/2: a mapped host asked on the device host’s connection',
    async run(x) {
      const api = new URL(x.world.info.api);
      const [a] = await x.program2('app', [{ ':path': '/files/report/raw', ':authority': x.hosts.app, cookie: await x.cookies(x.hosts.app), 'user-agent': x.agent, accept: '*/*' }], `device.${api.host}`);
      return all(a);
    },
    standard: 'stopped',
    control: false,
    why: 'answered 421 always',
  },
  {
    id: 'h2-host-header',
    title: 'HTTP/2: :authority and Host disagree',
    async run(x) {
      const [a] = await x.program2('app', [{ ':path': '/files/report/raw', ':authority': x.hosts.static, host: x.hosts.app, cookie: await x.cookies(x.hosts.app), 'user-agent': x.agent, accept: '*/*' }]);
      return all(a);
    },
    standard: 'stopped',
    control: false,
    why: 'malformed',
  },
  {
    id: 'sni',
    title: 'SNI of one host, Host of another',
    async run(x) {
      const { send } = await import('./client.mjs');
      const a = await send(x.tap, x.to(x.hosts.static), { host: x.hosts.app, path: '/files/report/raw', headers: { Cookie: await x.cookies(x.hosts.app), 'User-Agent': x.agent, 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Site': 'same-origin' } });
      return all(a);
    },
    standard: 'stopped',
    control: false,
    why: 'answered 421 always',
  },
  {
    id: 'smuggle-te',
    target: /^\/csp-report$/,
    title: 'Content-Length and Transfer-Encoding at once',
    async run(x) {
      const { raw: bytes } = await import('./client.mjs');
      const inner = `GET /files/report/raw HTTP/1.1\r\nHost: ${x.hosts.app}\r\nCookie: ${await x.cookies(x.hosts.app)}\r\n\r\n`;
      const a = await bytes(x.tap, x.to(x.hosts.app), [`POST /csp-report HTTP/1.1`, `Host: ${x.hosts.app}`, `Cookie: ${await x.cookies(x.hosts.app)}`, `Content-Length: ${inner.length + 5}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${inner}`);
      return all(a);
    },
    standard: 'stopped',
    control: false,
    why: 'malformed',
  },
  { id: 'websocket-upgrade', title: 'Upgrade asked for on a file', run: raw(() => ({ headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' } }), 'script'), standard: 'bytes', },
];
