// What goes over the wire.

import { execFileSync } from 'node:child_process';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const zstdCompressSync = (text) => execFileSync('zstd', ['-q', '-c'], { input: text });

const coded = (name, encode) => ({ type: 'text/javascript', headers: { 'Content-Encoding': name }, body: `globalThis.coded_${name} = 'https://TWO/${name}';`, encode });
const wasm = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11]);

/** One second of silence. */
function wav() {
  const b = Buffer.alloc(44 + 8000, 128);
  b.write('RIFF', 0); b.writeUInt32LE(36 + 8000, 4); b.write('WAVEfmt ', 8); b.writeUInt32LE(16, 16); b.writeUInt16LE(1, 20); b.writeUInt16LE(1, 22);
  b.writeUInt32LE(8000, 24); b.writeUInt32LE(8000, 28); b.writeUInt16LE(1, 32); b.writeUInt16LE(8, 34); b.write('data', 36); b.writeUInt32LE(8000, 40);
  return b;
}

const ranged = (body, type) => (q) => {
  const m = /^bytes=(\d+)-(\d*)$/.exec(q.headers.range || '');
  if (!m) return { type, body, headers: { 'Accept-Ranges': 'bytes', ETag: '"v"' } };
  const to = m[2] ? Math.min(+m[2], body.length - 1) : body.length - 1;
  return { type, status: 206, body: body.subarray(+m[1], to + 1), headers: { 'Content-Range': `bytes ${m[1]}-${to}/${body.length}`, 'Accept-Ranges': 'bytes', ETag: '"v"' } };
};

export default [
  {
    id: 'fidelity', title: 'URL fidelity and the way back',
    routes: {
      '/fi/data': { type: 'application/json', body: '{"text":"https://TWO/doc","downloadUrl":"https://TWO/d","nested":{"downloadUrl":["https:\\/\\/TWO\\/e"]},"\\u0064ownloadUrl":"https://TWO/f"}' },
      '/fi/text': { type: 'text/plain', body: 'https://TWO/doc' },
      '/fi/code': { type: 'text/javascript', body: `globalThis.spelled = ['https:\\/\\/TWO\\/a', 'https%3A%2F%2FTWO%2Fa', 'https%253A%252F%252FTWO', 'TWO', '//TWO/a', 'http://TWO/a', '.matrix.localhost', 'x@TWO', 'https://TWO.evil.test/', 'https://xTWO/'];` },
    },
    cases: {
      'an own address in a query': async () => is(new URLSearchParams((await json('/echo?next=' + encodeURIComponent(location.origin + '/x'))).url.slice(6)).get('next'), 'https://one.' + 'matrix.localhost/x'),
      'escaped twice': async () => (await json('/echo?next=' + encodeURIComponent(encodeURIComponent(location.origin)))).url.includes('one.' + 'matrix.localhost'),
      'JSON body': async () => is(JSON.parse((await json('/echo', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ u: location.origin + '/x', t: 'ü' }) })).body).u, 'https://one.' + 'matrix.localhost/x'),
      'form body': async () => new URLSearchParams((await json('/echo', { method: 'POST', body: new URLSearchParams({ u: location.href }) })).body).get('u').startsWith('https://one.' + 'matrix.localhost/'),
      'plain body': async () => is((await json('/echo', { method: 'POST', body: location.origin })).body, 'https://one.' + 'matrix.localhost'),
      'header': async () => is((await json('/echo', { headers: { 'X-Return': location.origin } })).headers['x-return'], 'https://one.' + 'matrix.localhost'),
      'Origin and Referer': async () => { const h = (await json('https://TWO/echo', { method: 'POST', body: 'x', credentials: 'include' })).headers; return is([h.origin, h.referer], ['https://one.' + 'matrix.localhost', 'https://one.' + 'matrix.localhost/']); },
      'Sec-Fetch-Site to itself': async () => is((await json('/echo')).headers['sec-fetch-site'], 'same-origin'),
      'Sec-Fetch-Site to a sibling': async () => is((await json('https://TWO/echo', { credentials: 'include' })).headers['sec-fetch-site'], 'same-site'),
      'Sec-Fetch-Site to another site': async () => { add('script', { src: 'https://CDN/x/site.js' }); return is((await seen('/x/site.js'))[0].headers['sec-fetch-site'], 'cross-site'); },
      'data is left alone': async () => is((await json('/fi/data')).text, 'https://two.' + 'matrix.localhost/doc'),
      'fields of the profile are mapped': async () => { const d = await json('/fi/data'); return is([new URL(d.nested.downloadUrl[0]).host, new URL(d.downloadUrl).host], ['TWO', 'TWO']); },
      'text is left alone': async () => is(await (await fetch('/fi/text')).text(), 'https://two.' + 'matrix.localhost/doc'),
      'spellings in a script': async () => { const s = add('script', { src: '/fi/code' }); await loads(s); const host = new URL('https://TWO/').host; return is(window.spelled.map((x) => decodeURIComponent(decodeURIComponent(x)).includes(host)), [true, true, true, true, true, true, false, false, false, false]); },
      'http becomes https': () => is(new URL('http://TWO/x').protocol, 'https:'),
      'path with escapes, spaces and slashes': async () => is((await json('/echo?%7Ea=b%2Fc%20d+e&&x=%F0%9F%98%80&q=%E0%A4')).url, '/echo?%7Ea=b%2Fc%20d+e&&x=%F0%9F%98%80&q=%E0%A4'),
      'empty query': async () => is((await json('/echo?')).url, '/echo?'),
      'response.url': async () => is((await fetch('https://TWO/echo', { credentials: 'include' })).url, 'https://TWO/echo'),
    },
  },
  {
    id: 'headers', title: 'Response headers',
    headers: { Link: '<https://CDN/x/preloaded.css>; rel=preload; as=style', 'Permissions-Policy': 'geolocation=(self "https://TWO")', 'Alt-Svc': 'h3=":443"', 'Strict-Transport-Security': 'max-age=99' },
    routes: {
      '/he/all': { type: 'application/json', body: '{}', headers: { 'Content-Location': 'https://TWO/loc', 'X-Address': 'https://TWO/x', 'Access-Control-Expose-Headers': '*', 'Alt-Svc': 'h3=":443"', NEL: '{}', 'Report-To': '{}', 'Use-As-Dictionary': 'match="/*"', SourceMap: 'https://TWO/map', 'Public-Key-Pins': 'x' } },
      '/he/etag': (q) => (q.headers['if-none-match'] === '"v1"' ? { status: 304, type: 'text/javascript', body: '', headers: { ETag: '"v1"', 'Cache-Control': 'no-cache' } } : { type: 'text/javascript', body: `globalThis.tagged = 'https://TWO/x';`, headers: { ETag: '"v1"', 'Cache-Control': 'no-cache' } }),
      '/he/clear': { type: 'text/plain', body: 'x', headers: { 'Clear-Site-Data': '"cookies"' } },
      '/he/sourced.js': { type: 'text/javascript', body: `globalThis.sourced = 'https://TWO/x';`, headers: { SourceMap: '/map', 'Content-Digest': 'sha-256=:x:', 'Content-MD5': 'x' } },
      '/he/nocors': { type: 'application/json', body: '{}', headers: { 'Access-Control-Allow-Origin': 'https://x.test' } },
    },
    cases: {
      'Link preload': () => seenAt('/x/preloaded.css', 'cdn.' + 'other.localhost'),
      'mapped': async () => { const h = (await fetch('/he/all')).headers; return is([h.get('Content-Location'), h.get('X-Address')], ['https://TWO/loc', 'https://TWO/x']); },
      'dropped': async () => { const h = (await fetch('/he/all')).headers; return is(['Alt-Svc', 'NEL', 'Report-To', 'Use-As-Dictionary', 'Public-Key-Pins'].filter((n) => h.has(n)), []); },
      'digests and maps of a rewritten body': async () => { const s = add('script', { src: '/he/sourced.js' }); await loads(s); const h = (await fetch('/he/sourced.js')).headers; return is([window.sourced, ...['SourceMap', 'Content-Digest', 'Content-MD5'].map((n) => h.has(n))], ['https://TWO/x', false, false, false]); },
      'revalidation': async () => { for (let i = 0; i < 2; i++) await loads(add('script', { src: '/he/etag' })); const l = await seen('/he/etag'); return is([window.tagged, l.at(-1).headers['if-none-match'] ?? '"v1"'], ['https://TWO/x', '"v1"']); },
      'Clear-Site-Data ends no session': async () => { await fetch('/he/clear'); return is((await fetch('/echo')).status, 200); },
      'CORS keeps out': async () => fetch('https://TWO/he/nocors', { credentials: 'include' }).then(() => 'let in', () => true),
      'Timing-Allow-Origin': async () => { await loads(add('img', { src: 'https://CDN/x/timed.png' })); const e = performance.getEntriesByName('https://CDN/x/timed.png')[0]; return is([!!e, e?.requestStart > 0], [true, true]); },
      'HSTS is Referee’s own': async () => is((await fetch('/he/all')).headers.get('Strict-Transport-Security') === 'max-age=99', false),
      'no dictionaries are asked for': async () => is((await json('/echo')).headers['available-dictionary'], undefined),
    },
  },
  {
    id: 'wasm', title: 'WebAssembly',
    routes: { '/ws/a.wasm': { type: 'application/wasm', body: wasm } },
    cases: {
      'streaming, from another host': async () => is((await WebAssembly.instantiateStreaming(fetch('https://CDN/ws/a.wasm'))).instance.exports.f(), 42),
      'bytes are the same': async () => is([...new Uint8Array(await (await fetch('/ws/a.wasm')).arrayBuffer())].length, 34),
      'compiled from bytes': async () => (await WebAssembly.compile(await (await fetch('/ws/a.wasm')).arrayBuffer())) instanceof WebAssembly.Module,
    },
  },
  {
    id: 'streams', title: 'Event streams, sockets and ranges',
    routes: {
      '/st/events': (q) => { q.socket.writeHead(200, { 'Content-Type': 'text/event-stream', 'Access-Control-Allow-Origin': q.headers.origin || '*', 'Access-Control-Allow-Credentials': 'true' }); q.socket.write('id: 7\ndata: https://x.test first\n\n'); setTimeout(() => q.socket.end('data: second\n\n'), 1500); },
      '/st/lines': (q) => { q.socket.writeHead(200, { 'Content-Type': 'application/x-ndjson' }); q.socket.write('{"n":1,"text":"of some length"}\n'); setTimeout(() => q.socket.end('{"n":2}\n'), 1500); },
      '/st/page': (q) => { q.socket.writeHead(200, { 'Content-Type': 'text/html' }); q.socket.write(`<p id="early">early</p><script>parent.postMessage({ early: 1 }, '*')</script>\n`); setTimeout(() => q.socket.end(q.named(`<a href="https://TWO/x">late</a><script>parent.postMessage({ late: document.querySelector('a').href }, '*')</script>`)), 1500); },
      '/st/a.wav': ranged(wav(), 'audio/wav'),
    },
    cases: {
      'events arrive as they are sent': async () => { const s = new EventSource('/st/events'); const at = Date.now(); const m = await message(() => true, s); s.close(); return is([/first/.test(m.data), m.lastEventId, Date.now() - at < 1400], [true, '7', true]); },
      'events of another host': async () => { const s = new EventSource('https://TWO/st/events', { withCredentials: true }); const m = await message(() => true, s); s.close(); return is([/first/.test(m.data), m.origin], [true, 'https://TWO']); },
      'lines arrive as they are sent': async () => { const at = Date.now(); const r = (await fetch('/st/lines')).body.getReader(); const { value } = await r.read(); const quick = Date.now() - at < 1400; r.cancel(); return is([new TextDecoder().decode(value), quick], ['{"n":1,"text":"of some length"}\n', true]); },
      'a page shows as it comes': async () => { const early = message((e) => e.data.early); const late = message((e) => e.data.late); const at = Date.now(); add('iframe', { src: '/st/page' }); await early; const quick = Date.now() - at < 1400; return is([quick, (await late).data.late], [true, 'https://TWO/x']); },
      'socket': async () => { const s = new WebSocket('wss://ONE/st/socket'); await event(s, 'open'); s.send('hello'); const m = await message(() => true, s); s.close(); return is(m.data, 'hello'); },
      'socket of another host': async () => { const s = new WebSocket('wss://TWO/st/socket2'); const e = await event(s, 'open', 'error'); if (e.type === 'error') return 'refused'; s.send('x'); const m = await message(() => true, s); s.close(); return is([m.data, m.origin, s.url], ['x', 'wss://TWO', 'wss://TWO/st/socket2']); },
      'socket with bytes and a protocol': async () => { const s = new WebSocket('/st/socket3', ['p1', 'p2']); s.binaryType = 'arraybuffer'; await event(s, 'open'); s.send(new Uint8Array([1, 2, 3])); const m = await message(() => true, s); s.close(); return is([[...new Uint8Array(m.data)], s.protocol], [[1, 2, 3], 'p1']); },
      'socket tells the real origin': async () => { const l = await seen('/st/socket'); return is(l[0].headers.origin, 'https://one.' + 'matrix.localhost'); },
      'range': async () => { const r = await fetch('/st/a.wav', { headers: { Range: 'bytes=8-11' } }); return is([r.status, await r.text(), r.headers.get('Content-Range')], [206, 'WAVE', 'bytes 8-11/8044']); },
      'range under a condition': async () => { const r = await fetch('/st/a.wav', { headers: { Range: 'bytes=0-3', 'If-Range': '"v"' } }); return is([r.status, await r.text()], [206, 'RIFF']); },
      'media': async () => { const a = add('audio', { src: 'https://TWO/st/a.wav' }); a.load(); await Promise.race([event(a, 'loadedmetadata', 'error'), pause(5000)]); return a.error ? 'error ' + a.error.message : is(Math.round(a.duration), 1); },
    },
  },
  {
    id: 'grpc', title: 'gRPC-web and bytes',
    routes: {
      '/grpc/bin': (q) => ({ type: 'application/grpc-web+proto', body: Buffer.concat([q.raw, Buffer.from([0x80, 0, 0, 0, 15]), Buffer.from('grpc-status:0\r\n')]) }),
      '/grpc/text': (q) => ({ type: 'application/grpc-web-text', body: q.body }),
      '/grpc/delta': { type: 'text/plain', body: '23|https://TWO/framed|end' },
    },
    cases: {
      'frames': async () => { const b = new Uint8Array([0, 0, 0, 0, 3, 10, 1, 200]); const r = new Uint8Array(await (await fetch('/grpc/bin', { method: 'POST', headers: { 'Content-Type': 'application/grpc-web+proto' }, body: b })).arrayBuffer()); return is([[...r.slice(0, 8)], new TextDecoder().decode(r.slice(13))], [[...b], 'grpc-status:0\r\n']); },
      'text frames': async () => { const t = btoa('\0\0\0\0\x01x'); return is(await (await fetch('/grpc/text', { method: 'POST', headers: { 'Content-Type': 'application/grpc-web-text' }, body: t })).text(), t); },
      'text with lengths in it': async () => is((await (await fetch('/grpc/delta')).text()).split('|')[1], 'https://two.' + 'matrix.localhost/framed'),
    },
  },
  {
    id: 'codings', title: 'Content codings',
    routes: {
      '/co/br': coded('br', brotliCompressSync), '/co/gzip': coded('gzip', gzipSync), '/co/deflate': coded('deflate', deflateSync),
      '/co/zstd': coded('zstd', zstdCompressSync),
      '/co/json': { type: 'application/json', headers: { 'Content-Encoding': 'br' }, body: '{"a":"ü"}', encode: brotliCompressSync },
    },
    cases: Object.fromEntries([
      ...['br', 'gzip', 'deflate', 'zstd'].map((c) => [`script in ${c}`, `async () => { await loads(add('script', { src: '/co/${c}' })); return is(window.coded_${c}, 'https://TWO/${c}'); }`]),
      ['data in br', `async () => is((await json('/co/json')).a, 'ü')`],
    ]),
  },
  {
    id: 'uploads', title: 'Uploads and beacons',
    cases: {
      'bytes': async () => { const b = new Uint8Array(70000).map((_, i) => i * 7); const want = [...new Uint8Array(await crypto.subtle.digest('SHA-256', b))].map((x) => x.toString(16).padStart(2, '0')).join(''); return is((await json('/echo?bytes', { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body: b })).sha256, want); },
      'form with a file': async () => { const f = new FormData(); f.append('file', new File(['content \u0000\u0001'], 'a.txt', { type: 'text/plain' })); f.append('t', 'ü'); const r = await json('/echo?form', { method: 'POST', body: f }); return is([/content \u0000\u0001/.test(r.body), /filename="a.txt"/.test(r.body)], [true, true]); },
      'form with an own address': async () => { const f = new FormData(); f.append('u', location.origin); return (await json('/echo?form2', { method: 'POST', body: f })).body.includes('https://one.' + 'matrix.localhost') || 'not mapped back'; },
      'form of a sibling': async () => { const f = new FormData(); f.append('a', 'b'); return is((await json('https://TWO/echo?form3', { method: 'POST', body: f, credentials: 'include' })).host, 'two.' + 'matrix.localhost'); },
      'beacon': async () => { navigator.sendBeacon('https://ONE/beacon1', 'x'); return is((await seen('/beacon1'))[0].body, 'x'); },
      'beacon to another host': async () => { navigator.sendBeacon('https://TWO/beacon2', 'x'); return is((await seen('/beacon2'))[0].host, 'two.' + 'matrix.localhost'); },
      'keepalive': async () => { fetch('/beacon3', { method: 'POST', body: 'x', keepalive: true }); return is((await seen('/beacon3'))[0].body, 'x'); },
      'XMLHttpRequest': async () => { const x = new XMLHttpRequest(); x.open('POST', 'https://TWO/echo?xhr'); x.withCredentials = true; x.responseType = 'json'; const p = event(x.upload, 'loadend'); x.send('body'); await p; await until(() => x.readyState === 4); return is([x.response.body, x.responseURL], ['body', 'https://TWO/echo?xhr']); },
      'XMLHttpRequest, host put together at run time': async () => { const x = new XMLHttpRequest(); x.open('GET', 'https://' + 'two' + '.matrix.localhost/echo?xhr2'); x.withCredentials = true; x.send(); await until(() => x.readyState === 4); return is(x.status, 200); },
      'fetch, host put together at run time': async () => is((await json('https://' + 'two' + '.matrix.localhost/echo?built', { credentials: 'include' })).host, 'two.' + 'matrix.localhost'),
      'image, host put together at run time': async () => { add('img', { src: 'https://' + 'two' + '.matrix.localhost/x/built.png' }); return seenAt('/x/built.png', 'two.' + 'matrix.localhost'); },
      'Request with an object that turns into an address': async () => is((await (await fetch(new Request({ toString: () => 'https://TWO/echo?object' }, { credentials: 'include' }))).json()).host, 'two.' + 'matrix.localhost'),
    },
  },
];
