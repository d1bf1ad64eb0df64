// What a browser kept from before the policy applied: these run in a session that monitored until a
// moment ago, with every way of having the bytes at hand.

const folder = (x) => `${x.origin('app')}/folders/board-papers`;

/** Before the flip: fills every store that a browser has. */
export async function fill(x) {
  const cookie = await x.url('cookie');
  const raw = await x.url('raw');
  await x.ways();
  await x.fetch(cookie, { credentials: 'include' });
  await x.fetch(raw);
  await x.fetch(await x.url('as-text', 'agenda'));
  await x.page.evaluate(async (u) => (await caches.open('mine')).put('/kept', await fetch(u)), String(raw));
  await x.page.goto(String(await x.url('raw', 'agenda'))).catch(() => undefined);
  await x.page.goto(folder(x));
}

export default [
  { id: 'cache-forced', title: 'The browser’s cache, forced', run: async (x) => (await x.ways(), x.fetch(await x.url('cookie'), { credentials: 'include', cache: 'force-cache' })) },
  { id: 'cache-only', title: 'The browser’s cache alone', proof: /^TypeError|^\(5/, run: async (x) => (await x.ways(), x.fetch(await x.url('raw'), { cache: 'only-if-cached', mode: 'same-origin' })) },
  { id: 'cache-conditional', title: 'Revalidation of what was kept', run: async (x) => (await x.ways(), x.fetch(await x.url('raw'), { cache: 'no-cache' })) },
  {
    id: 'cache-navigation',
    title: 'Navigation to what was shown before',
    async run(x) {
      await x.page.goto(String(await x.url('raw', 'agenda'))).catch(() => undefined);
      return x.page.evaluate(() => document.body.innerText).catch(() => '');
    },
  },
  {
    id: 'cache-old-tag',
    title: 'A kept entity tag, revalidated by a program',
    run: async (x) => {
      const a = await x.program('app', { path: '/files/report/raw', headers: { 'If-None-Match': '"report-1"' } }, 'script');
      return `${a.status} ${a.body}`;
    },
  },
  {
    id: 'cache-storage',
    proof: /./,
    title: 'What a script put into the browser’s storage before',
    run: async (x) => (await x.ways(), x.page.evaluate(async () => (await caches.match('/kept'))?.text())),
    open: 'what has arrived stays; nothing calls back bytes that were handed over before the policy applied',
  },
  { id: 'old-session', title: 'A session that began before the policy', run: async (x) => (await x.ways(), x.fetch(await x.url('raw'), { cache: 'no-store' })) },
];
