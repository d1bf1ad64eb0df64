// Who is asking: copied and tossed cookies, hand-over codes, other accounts, hostile neighbours, the app's real hosts.

import { join } from 'node:path';
import { until } from '../lib/driver.mjs';
import { canary, signIn } from '../lib/world.mjs';
import { startTap } from '../tap/tap.mjs';
import { send } from './client.mjs';

const all = (a) => `${a.status} ${a.body}`;

const navigates = { Accept: 'text/html', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

/**
 * The address that carries a hand-over code, and the nonce of the browser that asked for it. A program
 * goes the browser's way with the browser's cookies of the sign-in host, and stops before it redeems.
 */
async function handOver(x) {
  const jar = {};
  const keep = (host, head) => {
    for (const [, n, v] of head.matchAll(/^set-cookie: ([^=]+)=([^;\r\n]*)/gim)) (jar[host] ||= {})[n] = v;
  };
  const first = await x.program('app', { path: '/files/report/raw', headers: { Cookie: undefined, 'Sec-Fetch-Site': 'none' } });
  const nonce = /set-cookie: (__Host-referee-nonce=[^;]+)/i.exec(first.head)?.[1];
  for (let at = /^location: (\S+)/im.exec(first.head)?.[1], hops = 0; at && hops < 8; hops++) {
    const u = new URL(at);
    if (u.pathname === '/.referee/enter') return { enter: at, nonce };
    const own = Object.entries(jar[u.host] ?? {}).map(([n, v]) => `${n}=${v}`);
    const theirs = (await x.cookies(u.host)).split('; ').filter((c) => c && !own.some((o) => o.split('=')[0] === c.split('=')[0]));
    const a = await send(x.tap, x.to(u.host), { path: u.pathname + u.search, headers: { ...navigates, Cookie: [...own, ...theirs].join('; ') || undefined, 'User-Agent': x.agent } });
    keep(u.host, a.head);
    at = /^location: (\S+)/im.exec(a.head)?.[1];
    if (at) at = new URL(at, u).href;
    if (!at) throw new Error(`the way to the hand-over ended at ${u.host}${u.pathname} with ${a.status}`);
  }
  throw new Error(`no hand-over began: ${first.status}`);
}

/** Goes through a hand-over address with cookies, as a navigation: the session cookie, '' when refused. */
async function redeem(x, enter, cookies) {
  const u = new URL(enter);
  const a = await send(x.tap, x.to(u.host), {
    path: u.pathname + u.search,
    headers: { ...navigates, Cookie: cookies || undefined, 'User-Agent': x.agent },
  });
  return { status: a.status, session: /set-cookie: (__Host-referee=[^;]+)/i.exec(a.head)?.[1] || '', body: a.body };
}

/** Somebody else's browser behind a tap of its own, signed in; it stays for the next levels. */
async function other(x, key, who, options) {
  x.world.others ||= {};
  return (x.world.others[key] ||= await (async () => {
    const keylog = join(x.world.data, `${x.name}-${key}.keys`);
    const tap = await startTap({ keylog, marker: canary });
    const browser = await x.world.browser(x.name, { tap, keylog, ...options });
    const page = await browser.page();
    await signIn(x.world, page, who, `${x.origin('app')}/folders/projects`);
    return { tap, browser, page };
  })());
}

const fetchWith = (x, cookie) => x.program('app', { path: '/files/report/raw', headers: { Cookie: cookie } }, 'script');

export default [
  {
    id: 'real-host',
    title: 'The app’s real host, in the same browser',
    async run(x, mark) {
      await x.page.goto(`https://${x.real.app}/files/report/raw`).catch(() => undefined);
      await x.answered(mark);
    },
    standard: 'stopped',
    control: false,
    why: 'there is no session at the real host',
  },
  {
    id: 'real-host-cookies',
    title: 'The real host, with the mapped host’s cookies',
    async run(x) {
      return all(await send(x.tap, x.to(x.real.app), { path: '/files/report/raw', headers: { Cookie: await x.cookies(x.hosts.app), 'User-Agent': x.agent } }));
    },
    standard: 'stopped',
    control: false,
    why: 'the app’s own cookies are in the gateway’s jar',
  },
  {
    id: 'real-signed',
    title: 'The real file host, with the signed address of the page',
    async run(x) {
      const u = await x.url('navigate');
      return all(await send(x.tap, x.to(x.real.cdn), { path: u.pathname + u.search, headers: { 'User-Agent': x.agent } }));
    },
    standard: 'bytes',
    open: 'what the app itself lets anybody use is good at the app’s own address; close it there, by letting in the gateway’s addresses only',
  },
  {
    id: 'real-bearer',
    title: 'The real API, with the bearer of the page',
    async run(x) {
      const token = await x.bearer();
      return all(await send(x.tap, x.to(x.real.api), { path: '/v1/files/report/content', headers: { 'User-Agent': x.agent, Authorization: `Bearer ${token}` } }));
    },
    standard: 'bytes',
    open: 'what the app itself lets anybody use is good at the app’s own address; close it there, by letting in the gateway’s addresses only',
  },
  { id: 'cookie-copied', title: 'Cookies copied to a program', run: async (x) => all(await x.program('app', { path: '/files/report/raw', headers: { 'User-Agent': 'curl/8.0', 'Sec-Fetch-Site': 'same-origin' } }, 'script')), standard: 'bytes' },
  {
    id: 'cookie-copied-attachment',
    title: 'Cookies copied to a program, attachment',
    run: async (x) => all(await x.program('app', { path: '/files/report/download', headers: { 'User-Agent': 'curl/8.0', Accept: '*/*', 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-User': undefined } })),
    standard: 'stopped',
  },
  {
    id: 'cookie-managed',
    title: 'Cookies of a managed device copied to another client',
    async run(x) {
      // On the managed device the app may be used directly; the gateway is asked for.
      const laptop = await other(x, 'managed', 'director', { managed: true });
      const mine = await x.cookiesOf(laptop.browser, x.hosts.app);
      return all(await x.program('app', { path: '/files/report/raw', headers: { Cookie: mine, 'User-Agent': 'curl/8.0', 'Sec-Fetch-Site': 'same-origin' } }, 'script'));
    },
    standard: 'bytes',
  },
  { id: 'no-session', title: 'No cookie at all', run: async (x) => all(await fetchWith(x, undefined)), standard: 'stopped', control: false, why: 'needs a session' },
  {
    id: 'lookup-alone',
    title: 'The look-up cookie alone',
    async run(x) {
      const cookie = (await x.cookies(x.hosts.cdn)).split('; ').filter((c) => c.startsWith('referee-lookup')).join('; ');
      const u = await x.url('cookie');
      return all(await x.program('cdn', { path: u.pathname + u.search, headers: { Cookie: cookie } }));
    },
    standard: 'stopped',
    control: false,
    why: 'it never authorises a navigation',
  },
  {
    id: 'code-replayed',
    title: 'Hand-over code used twice',
    async run(x) {
      const { enter, nonce } = await handOver(x);
      const first = await redeem(x, enter, nonce);
      const second = await redeem(x, enter, nonce);
      return `first ${first.status} ${first.session ? 'a session' : 'none'}, second ${second.status} ${second.session ? 'A SESSION' : 'none'}: ${second.session ? all(await fetchWith(x, second.session)) : ''}`;
    },
    must: (got) => /first 303 a session, second \d+ none/.test(got),
    standard: 'stopped',
    control: false,
    why: 'a code works once',
  },
  {
    id: 'code-forwarded',
    title: 'Hand-over code taken to another browser',
    async run(x) {
      const { enter } = await handOver(x);
      const other = await redeem(x, enter, '');
      return `other ${other.status} ${other.session ? 'A SESSION' : 'none'}: ${other.session ? all(await fetchWith(x, other.session)) : ''}`;
    },
    must: (got) => /other \d+ none/.test(got),
    standard: 'stopped',
    control: false,
    why: 'a code belongs to the browser that asked',
  },
  {
    id: 'code-other-host',
    title: 'Hand-over code taken to a sibling host',
    async run(x) {
      const { enter, nonce } = await handOver(x);
      const other = await redeem(x, enter.replace(x.hosts.app, x.hosts.cdn), nonce);
      return `other ${other.status} ${other.session ? 'A SESSION' : 'none'}`;
    },
    must: (got) => /other \d+ none/.test(got),
    standard: 'stopped',
    control: false,
    why: 'a code belongs to one host',
  },
  {
    id: 'code-framed',
    title: 'Hand-over redeemed by a script, not a navigation',
    async run(x) {
      const { enter, nonce } = await handOver(x);
      const u = new URL(enter);
      const a = await x.program('app', { path: u.pathname + u.search, headers: { Cookie: nonce } }, 'script');
      return `script ${a.status} ${/set-cookie: __Host-referee=/i.test(a.head) ? 'A SESSION' : 'none'}`;
    },
    must: (got) => /script \d+ none/.test(got),
    standard: 'stopped',
    control: false,
    why: 'only a navigation redeems',
  },
  {
    id: 'other-account',
    proof: /arrived$/,
    title: 'The signed address, opened by another account',
    async run(x) {
      const url = await x.url('navigate');
      const b = await other(x, 'contractor', 'contractor');
      const hits = (await b.tap.hits()).length;
      const from = b.tap.exchanges.length;
      await b.page.goto(String(url)).catch(() => undefined); // it may become a download
      await until(async () => (await b.tap.hits(), b.tap.exchanges.slice(from).some((e) => e.url.startsWith('/d/') && e.ended)), 'an answer');
      return (await b.tap.hits()).length > hits ? `${canary} arrived` : 'nothing arrived';
    },
    standard: 'stopped',
  },
];
