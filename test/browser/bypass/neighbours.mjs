// What other apps and pages of the same domain can do: a neighbour beside the gateway, and an app
// behind it.

import { arrive, heading } from '../lib/world.mjs';
import { until } from '../lib/driver.mjs';
import { ours } from './hostile.mjs';

/** Opens the hostile app behind the gateway, through hand-over and notice. */
async function enter(x, path = '/') {
  await x.visit(x.evil + path);
  await until(async () => /monitored|Hostile/.test(await heading(x.page)), 'the hostile app');
  if (/monitored/.test(await heading(x.page))) {
    await x.page.click('form button');
    await arrive(x.page, /Hostile/);
  }
}

const places = { neighbour: (x, path = '/') => x.visit(x.hostile.origin + path), app: enter };
const another = 'to gateway and app it is another site';
const titles = { neighbour: 'A page beside the gateway', app: 'Another app behind the gateway' };

/** Who is signed in at the app, and whether a file can be had, as the page says. */
async function state(x) {
  const status = await x.page.goto(`${x.origin('app')}/folders/board-papers`);
  return `${status} ${await x.page.evaluate(() => document.querySelector('.who strong')?.textContent || document.title)}`;
}

const of = (place) => {
  const go = places[place];
  const title = titles[place];
  return [
    {
      id: `${place}-fetch`,
      title: `${title} fetches a file with cookies`,
      async run(x) {
        const urls = [String(await x.url('cookie')), `${x.origin('app')}/files/report/raw`];
        await go(x);
        return x.page.evaluate(async (list) => {
          const got = [];
          const f = document.createElement('iframe');
          document.body.append(f);
          for (const u of list)
            for (const w of [window, f.contentWindow])
              for (const mode of ['cors', 'no-cors'])
                await w.fetch(u, { credentials: 'include', mode }).then(async (r) => got.push(r.status, await r.text()), (e) => got.push(String(e)));
          return got.join(' ');
        }, urls);
      },
      standard: 'stopped',
      control: false,
      why: another,
    },
    {
      id: `${place}-warm`,
      title: `${title} has a cookie of the file host made first`,
      async run(x, mark) {
        const url = String(await x.url('cookie'));
        await go(x);
        await x.page.evaluate(async ([host, u]) => {
          await fetch(`${host}/.referee/warm`, { credentials: 'include', mode: 'no-cors' }).catch(() => undefined);
          await fetch(u, { credentials: 'include', mode: 'no-cors' }).catch(() => undefined);
        }, [x.origin('cdn'), url]);
        await x.answered(mark);
      },
      standard: 'stopped',
      control: false,
      why: another,
    },
    {
      id: `${place}-frame`,
      title: `${title} frames a file`,
      async run(x, mark) {
        await go(x);
        await x.page.evaluate((u) => {
          const f = document.createElement('iframe');
          f.src = u;
          document.body.append(f);
        }, `${x.origin('app')}/files/report/raw`);
        await x.answered(mark);
      },
      standard: 'stopped',
      control: false,
      why: another,
    },
    {
      id: `${place}-write`,
      title: `${title} acts in the app`,
      async run(x) {
        await go(x);
        await x.page.evaluate(async (app) => {
          const post = (path, init) => fetch(app + path, { method: 'POST', credentials: 'include', mode: 'no-cors', ...init }).catch(() => undefined);
          for (const path of ['/files/report/delete', '/signout', '/.referee/signout', '/.referee/notice', '/session/token']) await post(path, { body: new URLSearchParams({ form_token: 'x', token: 'x' }) });
          await post('/.referee/report', { body: new Blob(['{"events":[]}'], { type: 'text/plain' }) });
        }, x.origin('app'));
        const status = await x.page.goto(`${x.origin('app')}/files/report`);
        return `${status} ${await heading(x.page)}`;
      },
      target: /^\/(\.referee\/|session\/)?(signout|token|report|notice)$/,
      must: (got) => /^200 Quarterly report/.test(got),
      standard: 'stopped',
      control: false,
      why: 'the app’s own tokens and the gateway’s checks hold without a policy',
    },
    {
      id: `${place}-toss`,
      title: `${title} tosses cookies of our names`,
      async run(x) {
        const toss = (names, value) => x.page.evaluate(([list, v]) => {
          const f = document.createElement('iframe');
          document.body.append(f);
          for (const d of [document, f.contentDocument])
            for (const n of list) for (const at of ['; Domain=demo.gate.localhost', '; Domain=gate.localhost', '']) for (const p of ['/', '/files']) d.cookie = `${n}=${v}${at}; Path=${p}; Secure`;
        }, [names, value]);
        await go(x, '/toss');
        await toss(ours, 'tossed');
        const said = await state(x);
        const got = await x.fetch(`${x.origin('app')}/files/report/raw`);
        await go(x, '/');
        await toss(ours, '; Max-Age=0');
        return `${said}; ${got}`;
      },
      must: (got) => /^200 Director/.test(got),
      standard: 'bytes',
    },
    {
      id: `${place}-opener`,
      title: `${title} opens a document and reads from the window`,
      async run(x) {
        await go(x);
        return x.page.evaluate(
          (u) =>
            new Promise((done) => {
              const w = window.open(u);
              const from = Date.now();
              (function look() {
                try {
                  if (w.document.body?.innerText) return done(w.document.body.innerText);
                } catch (e) {
                  return done(`closed: ${e.name}`);
                }
                if (Date.now() - from > 1500) return done('nothing');
                setTimeout(look, 50);
              })();
            }),
          `${x.origin('app')}/files/agenda`,
        );
      },
      target: /^\/files\/agenda$/,
      must: (got) => !/Agenda/.test(got),
      standard: 'stopped',
      control: false,
      why: 'another origin',
    },
  ];
};

/** The confirmation page of a block that can be confirmed, as the page learns it. */
async function confirmation(x) {
  const url = String(await x.url('raw'));
  await x.ways();
  return x.page.evaluate(async (u) => {
    const r = await fetch(u);
    return (/problem/.test(r.headers.get('Content-Type')) && (await r.json()).confirmUrl) || '';
  }, url);
}

const forged = (place) => ({
  id: `${place}-forges-confirmation`,
  title: `${titles[place]} sends the confirmation form`,
  policy: { action: 'blockWithOverride', then: 'blockWithOverride', level: 'strict' },
  async run(x) {
    const at = await confirmation(x);
    if (!at) return (await x.program('app', { path: '/files/report/raw' }, 'script')).body;
    await places[place](x);
    await x.page.evaluate(async (u) => {
      const ref = new URL(u).searchParams.get('ref');
      const to = u.split('?')[0];
      await fetch(to, { method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ ref, reason: 'forged' }) }).catch(() => undefined);
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: to });
      for (const [name, value] of Object.entries({ ref, reason: 'forged' })) form.append(Object.assign(document.createElement('input'), { name, value }));
      document.body.append(form);
      form.submit();
    }, at);
    await until(async () => (await x.page.evaluate(() => location.origin).catch(() => '')) === x.world.info.signin && (await heading(x.page)), 'the broker’s answer');
    const said = await heading(x.page);
    await x.ways();
    return `${said}; ${await x.fetch(await x.url('raw'))}`;
  },
  standard: 'bytes',
});

export default [
  ...of('neighbour'),
  forged('neighbour'),
  forged('app'),
  ...of('app'),
  {
    id: 'app-sees',
    title: 'Another app behind the gateway looks at what it is sent',
    async run(x) {
      const from = x.hostile.asked.length;
      await enter(x, '/look');
      const seen = x.hostile.asked.slice(from).filter((q) => q.host.startsWith('evil.hostile'));
      const leaked = seen.flatMap((q) => (q.headers.cookie || '').split('; ').filter((c) => ours.some((n) => c.startsWith(n)) || /referee/.test(c)));
      return `${seen.length} requests; ${leaked.length} cookies of others`;
    },
    proof: /^[1-9]\d* requests/,
    must: (got) => /^[1-9]\d* requests; 0 cookies/.test(got),
    standard: 'stopped',
    control: false,
    why: 'no cookie of Referee or of another app reaches it',
  },
];
