// Policies that a page sends along.

import { createHash } from 'node:crypto';
import { named } from './page.mjs';

const digest = (text, alg = 'sha384') => `${alg}-${createHash(alg).update(named(text)).digest('base64')}`;
const inline = `window.byDigest = 'https://TWO/x';`;
const library = `globalThis.library = 'https://TWO/lib';`;
const sheet = `.sri { background: url(https://TWO/x/sri.png); color: rgb(4, 5, 6) }`;
const plain = `globalThis.plainLibrary = 1;`;
const handler = "parent.postMessage({ handled: 1, u: 'https://TWO/x' }, '*')";
const clickTell = "document.querySelector('#b').click()";
const digestTell = "parent.postMessage({ digest: [window.byDigest, window.unknown ?? null] }, '*')";

export default [
  {
    id: 'trusted', title: 'Trusted Types', nonce: 'n0nce',
    headers: { 'Content-Security-Policy': "script-src 'nonce-n0nce' 'strict-dynamic'; require-trusted-types-for 'script'; trusted-types app" },
    cases: {
      'text is refused': () => { if (!window.trustedTypes) return 'n/a'; try { add('div').innerHTML = '<b>x</b>'; return 'taken'; } catch (e) { return is(e.name, 'TypeError'); } },
      'own policy, script of another host': async () => { if (!window.trustedTypes) return 'n/a'; window.app = trustedTypes.createPolicy('app', { createScriptURL: (s) => s, createHTML: (s) => s }); const s = add('script', { src: app.createScriptURL('https://CDN/x/trusted.js') }); await loads(s); return window.ran?.includes('/x/trusted.js') || 'not run'; },
      'own policy, markup': () => { if (!window.trustedTypes) return 'n/a'; const d = add('div'); d.innerHTML = app.createHTML('<a href="https://TWO/x">x</a>'); return is(d.firstChild.href, 'https://TWO/x'); },
      'another policy is refused': () => { if (!window.trustedTypes) return 'n/a'; try { trustedTypes.createPolicy('other', {}); return 'made'; } catch (e) { return is(e.name, 'TypeError'); } },
    },
  },
  {
    id: 'dynamic', title: 'strict-dynamic and nonces', nonce: 'n0nce',
    headers: { 'Content-Security-Policy': "script-src 'nonce-n0nce' 'strict-dynamic'; img-src https://TWO; connect-src 'self' https://TWO; report-uri https://ONE/csp", 'Content-Security-Policy-Report-Only': "default-src 'none'; report-uri /csp-only" },
    body: `<script>window.forged = 1</script>`,
    cases: {
      'a script without nonce does not run': () => is(window.forged, undefined),
      'loaded by a trusted script': async () => { await loads(add('script', { src: 'https://CDN/x/dynamic.js' })); return window.ran?.includes('/x/dynamic.js') || 'not run'; },
      'image of a listed host': async () => is(await loads(add('img', { src: 'https://TWO/x/listed.png' })), 'load'),
      'image of another host': async () => is(await loads(add('img', { src: 'https://CDN/x/unlisted.png' })), 'error'),
      'connection to a listed host': async () => is((await json('https://TWO/echo', { credentials: 'include' })).host, 'two.' + 'matrix.localhost'),
      'reports reach the app': async () => { const l = await seen('/csp', 4000); return l ? l[0].body.includes('one.' + 'matrix.localhost') || 'mapped addresses in it' : 'no report'; },
    },
  },
  {
    id: 'hashes', title: 'Policies by digest and in the page',
    routes: {
      '/ha/hash': { body: `<script>${inline}</script><script>window.unknown = 1</script><script>${digestTell}</script>`, headers: { 'Content-Security-Policy': `script-src '${digest(inline, 'sha256')}' '${digest(digestTell, 'sha256')}'` } },
      '/ha/style': { body: `<style>${sheet}</style><p class="sri">x</p><script>parent.postMessage({ color: getComputedStyle(document.querySelector('.sri')).color }, '*')</script>`, headers: { 'Content-Security-Policy': `style-src '${digest(sheet, 'sha256')}'` } },
      '/ha/meta': { body: `<meta http-equiv="Content-Security-Policy" content="script-src 'nonce-m' https://CDN; img-src https://TWO"><script src="https://CDN/x/meta.js"></script><img id="i" src="https://TWO/x/meta.png"><script>window.forged = 1</script><script nonce="m">onload = () => parent.postMessage({ meta: [!!window.ran, document.querySelector('#i').naturalWidth, window.forged] }, '*')</script>` },
      '/ha/inline': { body: `<script>parent.postMessage({ inline: 'https://TWO/x' }, '*')</script><b id="b" onclick="parent.postMessage({ clicked: 'https://TWO/x' }, '*')">b</b><script>document.querySelector('#b').click()</script>`, headers: { 'Content-Security-Policy': "script-src 'unsafe-inline'" } },
      '/ha/none': { body: `<script>parent.postMessage({ ran: 1 }, '*')</script><p id="p">x`, headers: { 'Content-Security-Policy': "default-src 'none'" } },
      '/ha/unsafe': { body: `<b id="b" onclick="${handler}">b</b><script>${clickTell}</script>`, headers: { 'Content-Security-Policy': `script-src 'unsafe-hashes' '${digest(handler, 'sha256')}' '${digest(clickTell, 'sha256')}'` } },
    },
    cases: {
      'script known by digest runs rewritten': async () => { const m = message((e) => e.data.digest); add('iframe', { src: '/ha/hash' }); return is((await m).data.digest, ['https://TWO/x', null]); },
      'style known by digest applies rewritten': async () => { const m = message((e) => e.data.color); add('iframe', { src: '/ha/style' }); return is((await m).data.color, 'rgb(4, 5, 6)'); },
      'policy in the page': async () => { const m = message((e) => e.data.meta); add('iframe', { src: '/ha/meta' }); const [ran, width, forged] = (await m).data.meta; return is([ran, width, forged ?? null], [true, 1, null]); },
      'unsafe-inline stays so': async () => { const m = message((e) => e.data.inline); const c = message((e) => e.data.clicked); add('iframe', { src: '/ha/inline' }); return is([(await m).data.inline, (await c).data.clicked], ['https://TWO/x', 'https://TWO/x']); },
      'none stays none': async () => { const m = message((e) => e.data.ran); add('iframe', { src: '/ha/none' }); return is(await Promise.race([m, pause(900)]), undefined); },
      'handler known by digest': async () => { const m = message((e) => e.data.handled); add('iframe', { src: '/ha/unsafe' }); return is((await m).data.handled, 1); },
    },
  },
  {
    id: 'sri', title: 'Subresource Integrity',
    routes: {
      '/sri/lib.js': { type: 'text/javascript', body: library },
      '/sri/plain.js': { type: 'text/javascript', body: plain },
      '/sri/forged.js': { type: 'text/javascript', body: `globalThis.forgedLibrary = 1;` },
      '/sri/a.css': { type: 'text/css', body: sheet },
      '/sri/page': { body: `<script src="/sri/lib.js" integrity="${digest(library)}"></script><script src="https://CDN/sri/plain.js" integrity="${digest(plain)}" crossorigin></script><script src="/sri/forged.js" integrity="${digest(plain)}"></script><link rel="stylesheet" href="/sri/a.css" integrity="${digest(sheet, 'sha512')} ${digest(plain)}"><p class="sri">x</p><script>onload = () => parent.postMessage({ sri: [window.library, window.plainLibrary, window.forgedLibrary ?? null, getComputedStyle(document.querySelector('.sri')).color, document.querySelector('script[src*=lib]').integrity.split(' ').length] }, '*')</script>` },
    },
    cases: {
      'the first time': async () => { const m = message((e) => e.data.sri); add('iframe', { src: '/sri/page' }); return is((await m).data.sri.slice(0, 4), ['https://TWO/lib', 1, null, 'rgb(4, 5, 6)']); },
      'the second time, by the new digest': async () => { const m = message((e) => e.data.sri); add('iframe', { src: '/sri/page?again' }); return is((await m).data.sri, ['https://TWO/lib', 1, null, 'rgb(4, 5, 6)', 2]); },
      'the app sees no digest in addresses': async () => is((await seen('/sri/lib.js'))[0].url, '/sri/lib.js'),
      'by script, of an unchanged body': `async () => { const s = add('script', { integrity: '${digest(plain)}', src: '/sri/plain.js' }); await loads(s); return is(window.plainLibrary, 1); }`,
      'by script, of another body': `async () => is(await loads(add('script', { integrity: '${digest(plain)}', src: '/sri/forged.js' })), 'error')`,
    },
  },
  {
    id: 'isolated', title: 'COEP, COOP and CORP',
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    routes: {
      '/co/corp.png': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', headers: { 'Cross-Origin-Resource-Policy': 'cross-origin' } },
      '/co/samesite.png': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', headers: { 'Cross-Origin-Resource-Policy': 'same-site' } },
      '/co/own.png': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', headers: { 'Cross-Origin-Resource-Policy': 'same-origin' } },
      '/co/frame': { body: `<script>parent.postMessage({ isolated: crossOriginIsolated }, '*')</script>`, headers: { 'Cross-Origin-Embedder-Policy': 'require-corp' } },
    },
    cases: {
      'isolated': () => is([crossOriginIsolated, typeof SharedArrayBuffer], [true, 'function']),
      'CORP cross-origin': async () => is(await loads(add('img', { src: 'https://CDN/co/corp.png' })), 'load'),
      'CORP same-site': async () => is(await loads(add('img', { src: 'https://TWO/co/samesite.png' })), 'load'),
      'CORP same-origin keeps out': async () => is(await loads(add('img', { src: 'https://TWO/co/own.png' })), 'error'),
      'without CORP': async () => is(await loads(add('img', { src: 'https://CDN/x/nocorp.png' })), 'error'),
      'frame': async () => { const m = message((e) => 'isolated' in e.data); add('iframe', { src: '/co/frame' }); return is((await m).data.isolated, true); },
    },
  },
];
