// The scene of one level: a signed-in browser behind the tap, and what a technique needs to try.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/driver.mjs';
import { canary, signIn } from '../lib/world.mjs';
import { startTap } from '../tap/tap.mjs';
import { navigation, script, send, send2 } from './client.mjs';

/** Addresses at which original bytes are asked for. */
const originals = /^\/(d|c)\/|\/(raw|download|link|print\.pdf|content|attachment)(\?|$)|^\/(v1\/)?zip/;

/** Opens the scene: `level` is only its name here. */
export async function openScene(world, name, level, hostile) {
  const keylog = join(world.data, `${name}-${level}.keys`);
  const tap = await startTap({ keylog, marker: canary });
  const browser = await world.browser(name, { tap, keylog, authorities: hostile ? [hostile.authority] : [] });
  let page = await browser.page();
  await signIn(world, page, 'director');
  for (const origin of [hostile.origin, world.mapped]) await browser.grant(origin, ['clipboard-read', 'clipboard-write']);
  let touched = true; // somebody has used the page since it was made
  let loaded = false; // it shows the page with all ways

  const ca = [readFileSync(world.info.ca)];
  const hosts = world.info.mappedHosts;
  const agent = await page.evaluate(() => navigator.userAgent);
  const known = {};
  const x = {
    world,
    name,
    level,
    tap,
    browser,
    hostile,
    evil: hostile.mapped,
    hosts,
    real: world.info.hosts,
    agent,
    origin: (role) => `https://${hosts[role]}`,

    /** The page that a way has to itself, unless it is gentle: see fresh. */
    get page() {
      touched = true;
      return page;
    },
    /**
     * Gives the next way a page. What the last one left behind can't interrupt a navigation here, and what
     * it still asked for has ended. Gentle ways leave nothing behind, and share a page with the next.
     */
    async fresh() {
      if (!touched) return;
      const next = await browser.page();
      for (const p of await browser.pages()) if (p.raw !== next.raw) await p.close().catch(() => undefined);
      page = next;
      touched = loaded = false;
    },
    touched: () => touched,
    keep: () => (touched = false),

    /** Goes to a page that a way needs to begin. Only this navigation is ever tried again. */
    async visit(url) {
      touched = true;
      loaded = false;
      for (let tries = 1; ; tries++) {
        const why = await page.goto(String(url)).then(() => undefined, (e) => e);
        if (!why) return;
        if (tries === 5 || !/interrupted|abort|detached/i.test(why.message)) throw new Error(`${url} was not reached, so the way could not begin (${tries} tries): ${why.message}`);
      }
    },
    /** The page with all ways to a file, loaded afresh; gives { file, ways }. */
    async ways(id = 'report') {
      await x.visit(`https://${hosts.app}/files/${id}/ways`);
      await page.waitFor(() => document.readyState === 'complete' && document.getElementById('page-data'));
      const data = await page.evaluate(() => JSON.parse(document.getElementById('page-data').textContent));
      loaded = true;
      return (known[id] = { file: data.file, ways: Object.fromEntries(data.ways.map((w) => [w.ID, w])), list: data.ways });
    },
    /** Any page of the app, for a script to run in. */
    here: async () => void (loaded || (await x.ways())),
    /** The same without loading a page, once it is known. */
    async of(id = 'report') {
      return known[id] || x.ways(id);
    },
    /** An address of the file by its way, at the mapped host: data in a page still names the real one. */
    async url(way, id = 'report') {
      const u = new URL((await x.of(id)).ways[way].URL, x.origin('app'));
      const role = Object.keys(x.real).find((r) => x.real[r] === u.host);
      if (role) u.host = hosts[role];
      return u;
    },

    /** Does what the page's button of a way does. Its handlers are there when the page is complete. */
    async press(way, id = 'report') {
      await x.ways(id);
      await page.waitFor(`[data-way="${way}"]`);
      if (way === 'frame-fetch') await page.evaluate(() => new Promise((done) => addEventListener('message', (e) => e.data.type === 'ready' && done())));
      await page.evaluate((w) => document.querySelector(`[data-way="${w}"]`).click(), way).catch(() => undefined); // it may navigate away
    },
    /** What the page says of a way that its script took, once it says it. */
    async said(way) {
      await page
        .waitFor((w) => !['', '…'].includes(document.querySelector(`[data-result="${w}"]`)?.textContent), way, 15_000)
        .catch(() => undefined); // it has navigated away, or never ended: then nothing shows that it was tried
      return page.evaluate((w) => document.querySelector(`[data-result="${w}"]`)?.textContent || '', way).catch(() => '');
    },
    /** A bearer for the API, as the app's own script gets it. */
    async bearer() {
      await x.here();
      return page.evaluate(async () => {
        const form = (document.cookie.match(/(?:^|; )files_form=([^;]*)/) || [])[1];
        const r = await fetch('/session/token', { method: 'POST', headers: { 'X-Form-Token': form } });
        return (await r.json()).access_token;
      });
    },

    /** Fetches in the page and gives what came, as text with one character a byte. */
    fetch: (url, init = {}) =>
      page.evaluate(
        async ([u, i]) => {
          try {
            const r = await fetch(u, i);
            const b = new Uint8Array(await r.arrayBuffer());
            let s = '';
            for (const c of b) s += String.fromCharCode(c);
            return s || `(${r.status})`;
          } catch (e) {
            return String(e);
          }
        },
        [String(url), init],
      ),

    /** Waits until something that hands over original bytes was answered since the mark; or something else is so. */
    async answered(mark, pattern = originals, or = () => false) {
      await until(
        async () => {
          await tap.hits();
          return tap.exchanges.slice(mark).some((e) => pattern.test(e.url) && e.ended) || or();
        },
        'an answer',
        15_000,
      ).catch(() => undefined); // then nothing shows that the way was tried, and that fails it
    },

    /** The cookies that a browser would send to a host, as a header. */
    cookies: (host) => x.cookiesOf(browser, host),
    async cookiesOf(from, host) {
      const name = host.split(':')[0];
      return (await from.cookies())
        .filter((c) => c.domain === name || (c.domain.startsWith('.') && `.${name}`.endsWith(c.domain)))
        .map((c) => `${c.name}=${c.value}`)
        .join('; ');
    },

    to: (authority) => ({ host: authority.split(':')[0], port: Number(authority.split(':')[1] || 443), ca }),
    /** A request from a program, with the browser's cookies unless told otherwise. */
    async program(role, request = {}, as = 'navigation') {
      const authority = hosts[role] || role;
      const base = as === 'script' ? script(agent, x.origin('app')) : navigation(agent);
      const headers = { ...base, Cookie: await x.cookies(authority), ...request.headers };
      for (const k of Object.keys(headers)) if (headers[k] === undefined || headers[k] === '') delete headers[k];
      const answer = await send(tap, x.to(authority), { ...request, headers });
      // A client that looks different is sent to prove its device, once; it doesn't go there and asks again.
      return /^location: \S+\/device\?/im.test(answer.head) ? send(tap, x.to(authority), { ...request, headers }) : answer;
    },
    async program2(role, requests, to = hosts[role]) {
      return send2(tap, x.to(to), requests);
    },

    async close() {
      await browser.close();
      tap.close();
    },
  };
  return x;
}

/**
 * What a technique brought: 'saved' a file, 'bytes' to the client, 'done' what it was about, or nothing
 * ('stopped'). `asked` says that it was tried: what it is about was asked for, or it left its own proof.
 */
export async function attempt(x, technique) {
  await x.fresh();
  await stray(x);
  await x.tap.hits();
  const exchanges = x.tap.exchanges.length;
  const hits = (await x.tap.hits()).length;
  let got = '';
  let done = false;
  let trouble;
  try {
    got = (await technique.run(x, exchanges)) ?? '';
    if (typeof got === 'object') ({ got, done } = got);
  } catch (e) {
    trouble = e;
  }
  // A script may be done before the last byte is there: what was asked for is waited for.
  const asked = () => x.tap.exchanges.slice(exchanges).filter((e) => e.method !== 'OPTIONS' && (originals.test(e.url) || technique.target?.test(e.url)));
  await until(async () => (await x.tap.hits(), asked().every((e) => e.ended)), 'the end of what was asked for', 5000).catch(() => undefined); // cut by the browser, perhaps; the level's end looks again
  const late = (await x.tap.hits()).slice(hits);
  const kept = () => keptBy(x, late);
  // A file is put together after its last byte. One that comes later still is found by stray.
  const browsed = x.touched() && !technique.gentle;
  const saved = browsed && late.length ? await until(async () => (await kept()).length, 'a file', 400).catch(() => 0) : (await kept()).length;
  if (technique.gentle && !trouble) x.keep();
  x.last = {
    id: technique.id,
    outcome: done ? 'done' : saved ? 'saved' : late.length || String(got).includes(canary) ? 'bytes' : 'stopped',
    answers: [...new Set(asked().map((e) => e.status))],
    tried: asked().some((e) => e.status) || !!technique.proof?.test(got),
    got: String(got).slice(0, 160).replace(/[^\x20-\x7e]+/g, ' '),
    where: late.map((h) => `${h.method} https://${h.host}${h.url.slice(0, 80)} ${h.status}: ${h.how}`).slice(0, 3),
    trouble,
  };
  return x.last;
}

/** A document that arrived after its way was judged is the way's all the same: x.strays keeps it for the level's end. */
export async function stray(x) {
  if (x.last && x.last.outcome !== 'saved' && (await keptBy(x, [])).length) {
    x.last.outcome = 'saved';
    (x.strays ||= []).push(x.last);
  }
  x.last = undefined;
  await x.browser.clear();
}

const keptBy = async (x, hits) => (await x.browser.downloads()).filter((f) => f.bytes.includes(canary) || zipped(f, hits));

/** An archive shows its marker to the tap only. */
const zipped = (f, hits) => f.bytes.subarray(0, 2).toString() === 'PK' && hits.length > 0;
