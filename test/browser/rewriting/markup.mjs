// Markup, style and charsets.

import { Buffer } from 'node:buffer';

const utf16 = (s) => Buffer.from(s, 'utf16le');
const link = '<a id="l" href="https://TWO/x">café</a>';
const told = (more = '') => `<script>parent.postMessage({ href: document.querySelector('#l').href, text: document.querySelector('#l').textContent, set: document.characterSet }, '*')</script>${more}`;

export default [
  {
    id: 'html', title: 'HTML attributes',
    head: '<link rel="stylesheet" href="https://CDN/x/html.css">',
    body: `
<a id="a" href="https://TWO/x?y=1&amp;z=2#f">a</a><a id="entity" href="https:&#47;&#x2f;TWO/x">a</a><a id="back" href="https:\\\\TWO\\x">a</a><a id="tabs" href="ht
tps://TWO/x">a</a><a id="bare" href=//TWO/x>a</a><map><area id="area" href="https://TWO/x"></map>
<a id="title" title="https://TWO/x" data-u="https://TWO/x">https://TWO/text</a><a id="ping" href="#" ping="https://ONE/x/ping">p</a>
<img id="img" src="https://TWO/x/html.png" alt=""><img id="set" srcset="https://TWO/x/set1.png 1x, https://TWO/x/set2.png 2x" alt="">
<picture><source srcset="https://TWO/x/source.png"><img id="pic" src="/none" alt=""></picture>
<form id="form" action="https://TWO/x"><button id="button" formaction="https://TWO/y">b</button><input name="u" value="https://TWO/value"></form>
<video id="video" poster="https://TWO/x/poster.png"></video><object id="object" data="https://TWO/x/object.svg" type="image/svg+xml"></object>
<blockquote id="cite" cite="https://TWO/x"></blockquote><p class="sheet">s</p>
<svg width="8" height="8"><a id="svga" href="https://TWO/x"><text>t</text></a><image id="svgi" href="https://TWO/x/svg.png" width="8" height="8"/><style>.q { background: url(https://TWO/x/svgstyle.png) }</style></svg><i class="q" style="display:block">q</i>
<iframe id="srcdoc" srcdoc="<a id=l href='https://TWO/x?a=1&amp;copy=2'>x</a>"></iframe>
<template id="template"><a href="https://TWO/x">x</a></template>
<math><mtext><a id="math" href="https://TWO/x">x</a></mtext></math>
<select><option>1<svg><title>x</title></svg></select><a id="afterselect" href="https://TWO/x">x</a>
<textarea id="area2"><a href="https://TWO/x"></textarea><!-- https://TWO/x -->
<noscript><a href="https://TWO/x">x</a></noscript><a id="last" href="https://TWO/x">x</a>`,
    cases: {
      'link': () => is($('#a').href, 'https://TWO/x?y=1&z=2#f'),
      'link by character references': () => is($('#entity').href, 'https://TWO/x'),
      'link by backslashes': () => is($('#back').href, 'https://TWO/x'),
      'link over two lines': () => is($('#tabs').href, 'https://TWO/x'),
      'link without quotes or scheme': () => is($('#bare').href, 'https://TWO/x'),
      'area': () => is($('#area').href, 'https://TWO/x'),
      'ping attribute': () => is($('#ping').ping, 'https://ONE/x/ping'),
      'text, titles and data are left alone': () => is([$('#title').title, $('#title').dataset.u, $('#title').textContent, $('[name=u]').value].map((s) => s.replace(/[.]matrix.*/, '')), ['https://two', 'https://two', 'https://two', 'https://two']),
      'image': async () => ($('#img').complete || (await loads($('#img')))) && is($('#img').naturalWidth, 1),
      'image set': () => until(() => $('#set').naturalWidth === 1),
      'picture source': () => until(() => $('#pic').naturalWidth === 1),
      'style sheet': () => is(getComputedStyle($('.sheet')).color, 'rgb(1, 2, 3)'),
      'form and button': () => is([$('#form').action, $('#button').formAction], ['https://TWO/x', 'https://TWO/y']),
      'poster': () => is($('#video').poster, 'https://TWO/x/poster.png'),
      'object': async () => seenAt('/x/object.svg', 'two.' + 'matrix.localhost'),
      'quotation source': () => is($('#cite').cite, 'https://TWO/x'),
      'link in SVG': () => is($('#svga').href.baseVal, 'https://TWO/x'),
      'image in SVG': async () => seenAt('/x/svg.png', 'two.' + 'matrix.localhost'),
      'style in SVG': async () => seenAt('/x/svgstyle.png', 'two.' + 'matrix.localhost'),
      'srcdoc': () => until(() => $('#srcdoc').contentDocument.querySelector('#l')?.href === 'https://TWO/x?a=1&copy=2'),
      'template': () => is($('#template').content.querySelector('a').getAttribute('href'), 'https://TWO/x'),
      'HTML in MathML': () => is($('#math').href, 'https://TWO/x'),
      'after icons in a select': () => is($('#afterselect').href, 'https://TWO/x'),
      'text of a textarea': () => is($('#area2').value.includes('two.' + 'matrix'), true),
      'after a noscript': () => is($('#last').href, 'https://TWO/x'),
    },
  },
  {
    id: 'css', title: 'CSS URLs',
    head: '<link rel="stylesheet" href="/css/a.css"><style>@import "https://TWO/css/imported.css"; .inline { background: url(https://TWO/x/inline.png) } .escaped { background: url("https:\\2f \\2f TWO/x/escaped.png") }</style>',
    body: '<p class="linked">l</p><p class="inline">i</p><p class="escaped">e</p><p class="set">s</p><p class="face">f</p><p class="imported">m</p><p style="background: url(\'https://TWO/x/attribute.png\')">a</p><p class="var">v</p><p id="set">x</p>',
    routes: {
      '/css/a.css': { type: 'text/css', body: `.linked { background: url(//TWO/x/linked.png) } .set { background: image-set("https://TWO/x/imageset.png" 1x) } @font-face { font-family: F; src: url(https://CDN/x/font.woff2) } .face { font-family: F } :root { --u: url(https://TWO/x/variable.png) } .var { background: var(--u) }` },
      '/css/imported.css': { type: 'text/css', body: '.imported { background: url(x/relative.png) }' },
    },
    cases: {
      'linked sheet': () => seenAt('/x/linked.png', 'two.' + 'matrix.localhost'),
      'style element': () => seenAt('/x/inline.png', 'two.' + 'matrix.localhost'),
      'escaped slashes': () => seenAt('/x/escaped.png', 'two.' + 'matrix.localhost'),
      'import, and relative to it': () => seenAt('/css/x/relative.png', 'two.' + 'matrix.localhost'),
      'image-set': () => seenAt('/x/imageset.png', 'two.' + 'matrix.localhost'),
      'font': () => seenAt('/x/font.woff2', 'cdn.' + 'other.localhost'),
      'style attribute': () => seenAt('/x/attribute.png', 'two.' + 'matrix.localhost'),
      'custom property': () => seenAt('/x/variable.png', 'two.' + 'matrix.localhost'),
      'style set by script': () => { $('#set').style.backgroundImage = 'url(https://TWO/x/cssom.png)'; return seenAt('/x/cssom.png', 'two.' + 'matrix.localhost'); },
      'constructed sheet': () => { const s = new CSSStyleSheet(); s.replaceSync('h1 { background: url(https://TWO/x/constructed.png) }'); document.adoptedStyleSheets = [...document.adoptedStyleSheets, s]; return seenAt('/x/constructed.png', 'two.' + 'matrix.localhost'); },
      'style element by script': () => { add('style', { textContent: 'h1 { border-image: url(https://TWO/x/added.png) }' }); return seenAt('/x/added.png', 'two.' + 'matrix.localhost'); },
    },
  },
  {
    id: 'charset', title: 'Charsets and XML',
    routes: {
      '/cs/utf16': { type: 'text/html; charset=utf-16le', body: `<!doctype html>${link}${told()}`, encode: utf16 },
      '/cs/bom': { type: 'text/html', body: `\ufeff<!doctype html>${link}${told()}`, encode: utf16 },
      '/cs/bom8': { type: 'text/html; charset=windows-1252', body: `\ufeff<!doctype html>${link}${told()}` },
      '/cs/latin': { type: 'text/html; charset=windows-1252', body: `<!doctype html>${link}${told()}`, encode: (s) => Buffer.from(s, 'latin1') },
      '/cs/meta': { type: 'text/html', body: `<!doctype html><meta charset=iso-8859-15>${link}${told()}`, encode: (s) => Buffer.from(s, 'latin1') },
      '/cs/script': { type: 'text/javascript', body: `\ufeffglobalThis.wide = 'https://TWO/é'`, encode: utf16 },
      '/cs/xhtml': { type: 'application/xhtml+xml', body: `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>${link}<script><![CDATA[parent.postMessage({ href: document.querySelector('#l').href, text: document.querySelector('#l').textContent, set: 'a' < 'b' && 'xml', hooked: String(fetch.toString()).length > 0 }, '*')]]></script></body></html>` },
      '/cs/svg': { type: 'image/svg+xml', body: `<svg xmlns="http://www.w3.org/2000/svg"><a id="l" href="https://TWO/x"><text>café</text></a><script>parent.postMessage({ href: document.querySelector('#l').href.baseVal, text: 'café', set: 'svg' }, '*')</script></svg>` },
    },
    cases: Object.fromEntries([
      ...Object.entries({ utf16: 'UTF-16LE', bom: 'UTF-16LE', bom8: 'UTF-8', latin: 'windows-1252', meta: 'ISO-8859-15', xhtml: 'xml', svg: 'svg' }).map(([name, set]) => [
        { utf16: 'UTF-16 by head', bom: 'UTF-16 by mark', bom8: 'UTF-8 by mark, head says otherwise', latin: 'windows-1252', meta: 'charset by meta', xhtml: 'XHTML', svg: 'SVG document' }[name],
        `async () => { const m = message((e) => e.data && e.data.set); add('iframe', { src: '/cs/${name}' }); const d = (await m).data; return is([d.href, d.text, d.set], ['https://TWO/x', 'café', '${set}']); }`,
      ]),
      ['script in UTF-16', `async () => { add('script', { src: '/cs/script' }); return until(() => window.wide === 'https://TWO/é'); }`],
    ]),
  },
];
