// What every page of the matrix has: names, small helpers, and the loop that runs its cases. A case returns true, what it got
// instead, or 'n/a' where the browser lacks the feature.

export const names = { ONE: 'one.matrix.localhost', TWO: 'two.matrix.localhost', CDN: 'cdn.other.localhost' };

/** Puts the real names where a case says ONE, TWO and CDN. */
export const named = (text) => text.replace(/(ONE|TWO|CDN)(?!\w)/g, (n) => names[n]);

export const helpers = `
'use strict';
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
async function until(check, ms = 9000) {
  for (const end = Date.now() + ms; ; await pause(25)) {
    const got = await check();
    if (got || Date.now() > end) return got;
  }
}
const json = (url, init) => fetch(url, init).then((r) => r.json());
/** The requests that came to the app for a path, when there is one. */
const seen = (path, ms) => until(async () => { const l = await json('/seen?path=' + encodeURIComponent(path)); return l.length && l; }, ms);
const seenAt = async (path, host) => { const l = await seen(path); return (l && l[0].host === host) || (l ? l[0].host : 'nobody asked'); };
const $ = (s) => document.querySelector(s);
const add = (name, set = {}, parent = document.body) => { const e = document.createElement(name); Object.assign(e, set); parent.append(e); return e; };
const event = (target, ...types) => new Promise((r) => { for (const t of types) target.addEventListener(t, r, { once: true }); });
/** The next message that check accepts. */
const message = (check = () => true, target = window) => new Promise((r) => { const h = (e) => { if (check(e)) { target.removeEventListener('message', h); r(e); } }; target.addEventListener('message', h); });
const frame = async (src, set = {}) => { const f = document.createElement('iframe'); Object.assign(f, set); if (src) f.src = src; const l = event(f, 'load'); document.body.append(f); await l; return f; };
const loads = async (e) => (await Promise.race([event(e, 'load', 'error', 'loadedmetadata'), pause(8000)]))?.type ?? 'nothing';
const is = (got, want) => (JSON.stringify(got) === JSON.stringify(want) ? true : got);
window.results = {};
async function run(cases) {
  for (const [title, f] of Object.entries(cases)) {
    try {
      const got = await Promise.race([f(), pause(12000).then(() => 'no end')]);
      results[title] = got === true || got === 'n/a' ? got : 'got ' + JSON.stringify(got);
    } catch (e) {
      results[title] = 'threw ' + e;
    }
  }
  window.finished = true;
}
`;
