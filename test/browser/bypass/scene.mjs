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
  const page = await browser.page();
  await signIn(world, page, 'director');

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
    page,
    hostile,
    evil: hostile.mapped,
    hosts,
    real: world.info.hosts,
    agent,
    origin: (role) => `https://${hosts[role]}`,

    /** The page with all ways to a file, loaded afresh; gives { file, ways }. */
    async ways(id = 'report') {
      const at = `https://${hosts.app}/files/${id}/ways`;
      // What the last way navigated to may only now arrive, and end this navigation.
      for (let tries = 0; ; tries++) {
        const why = await page.goto(at).then(() => undefined, (e) => e);
        if (!why) break;
        if (tries === 4 || !/interrupted|abort/i.test(why.message)) throw why;
      }
      await page.waitFor('#page-data');
      const data = await page.evaluate(() => JSON.parse(document.getElementById('page-data').textContent));
      return (known[id] = { file: data.file, ways: Object.fromEntries(data.ways.map((w) => [w.ID, w])), list: data.ways });
    },
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

    /** Does what the page's button of a way does. */
    async press(way, id = 'report') {
      await x.ways(id);
      // The page's module has put its handlers when it has run; links need none.
      await page.waitFor((w) => document.readyState === 'complete' && document.querySelector(`[data-way="${w}"]`), way);
      await page.evaluate((w) => document.querySelector(`[data-way="${w}"]`).click(), way).catch(() => undefined); // it may navigate away
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

    /** Waits until something that hands over original bytes was answered since the mark. */
    async answered(mark, pattern = originals, ms = 2500) {
      await until(
        async () => {
          await tap.hits();
          return tap.exchanges.slice(mark).some((e) => pattern.test(e.url) && e.ended);
        },
        'an answer',
        ms,
      ).catch(() => undefined);
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

    /** Closes what a technique has opened. */
    async tidy() {
      for (const p of await browser.pages()) if (p.raw !== page.raw && !/^about:blank$/.test(p.url())) await p.close().catch(() => undefined);
    },
    async close() {
      await browser.close();
      tap.close();
    },
  };
  return x;
}

/** What a technique brought: 'saved' a file, 'bytes' to the client, or nothing ('stopped'); and whether it was tried at all. */
export async function attempt(x, technique) {
  await x.tap.hits();
  const exchanges = x.tap.exchanges.length;
  const hits = (await x.tap.hits()).length;
  await x.browser.clear();
  let got = '';
  let trouble;
  try {
    got = (await technique.run(x, exchanges)) ?? '';
  } catch (e) {
    trouble = e;
  }
  const late = (await x.tap.hits()).slice(hits);
  const kept = async () => (await x.browser.downloads()).filter((f) => f.bytes.includes(canary) || zipped(f, late));
  // A file is put together after its last byte.
  const saved = late.length ? await until(async () => (await kept()).length, 'a file', 400).catch(() => 0) : (await kept()).length;
  await x.tidy();
  const asked = x.tap.exchanges.slice(exchanges).filter((e) => originals.test(e.url) || technique.target?.test(e.url));
  return {
    outcome: saved ? 'saved' : late.length || String(got).includes(canary) ? 'bytes' : 'stopped',
    answers: [...new Set(asked.map((e) => e.status))],
    got: String(got).slice(0, 160).replace(/[^\x20-\x7e]+/g, ' '),
    where: late.map((h) => `${h.method} https://${h.host}${h.url.slice(0, 80)} ${h.status}: ${h.how}`).slice(0, 3),
    trouble,
  };
}

/** An archive shows its marker to the tap only. */
const zipped = (f, hits) => f.bytes.subarray(0, 2).toString() === 'PK' && hits.length > 0;
