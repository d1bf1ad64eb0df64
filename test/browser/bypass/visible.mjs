// What a person can do with mouse and address bar: links, forms, frames, windows, what a page embeds.
//
// A technique: id, title, run(x, mark) giving what the page got, or { done, got } where it is not about
// bytes; standard: what the level standard lets happen at most ('stopped', 'bytes' or 'saved'). It counts
// as tried when an original was asked for and answered; `target` matches further addresses that count,
// `proof` matches what run gives where nothing is asked for. must(got) has to hold besides. control:
// false (or { browser: false }) where browser or app make it impossible even without a policy, with the
// reason in why; open: not stopped, and the reason. gentle: it fetches, and leaves the page as it was.

import { until } from '../lib/driver.mjs';

/** Presses a way's button and waits for the answer. */
const press = (way, file) => async (x, mark) => {
  await x.press(way, file);
  await x.answered(mark);
  return x.page.evaluate((w) => document.querySelector(`[data-result="${w}"]`)?.textContent || '', way).catch(() => '');
};

/** Opens an address as the address bar does. */
const open = (way, file) => async (x, mark) => {
  const url = await x.url(way, file);
  await x.page.goto(String(url)).catch(() => undefined); // a download ends the navigation
  await x.answered(mark);
};

/** Puts an element that names the file's address into the page. */
const embed = (make, way = 'navigate', file) => async (x, mark) => {
  const url = await x.url(way, file);
  await x.ways(file);
  await x.page.evaluate(new Function('url', make), String(url));
  await x.answered(mark);
};
/** The same where the app's own content security policy is in the way: the browser says so, or asks. */
const refused = (make, way = 'navigate', file) => ({
  proof: /^content security policy/,
  control: false,
  why: 'the app’s content security policy',
  async run(x, mark) {
    const url = await x.url(way, file);
    await x.ways(file);
    await x.page.evaluate(() => addEventListener('securitypolicyviolation', (e) => (window.violated = e.effectiveDirective)));
    await x.page.evaluate(new Function('url', make), String(url));
    const violated = () => x.page.evaluate(() => window.violated);
    await x.answered(mark, undefined, violated);
    return `content security policy: ${(await violated()) || 'nothing'}`.replace(/.*: nothing$/, 'nothing was refused');
  },
});

const speculate = embed(`const e = document.createElement('script'); e.type = 'speculationrules'; e.nonce = document.querySelector('script[nonce]')?.nonce || ''; e.textContent = JSON.stringify({ prefetch: [{ source: 'list', urls: [url], eagerness: 'immediate' }] }); document.head.append(e);`, 'raw');
const element = (tag, attribute) => `const e = document.createElement('${tag}'); e.${attribute} = url; document.body.append(e);`;

export default [
  { id: 'attachment', title: 'Link to an attachment', run: press('attachment'), standard: 'stopped' },
  { id: 'attachment-app', title: 'Attachment from the app’s own host', run: press('app'), standard: 'stopped' },
  { id: 'attachment-docx', title: 'Link to an attachment, Office file', run: press('attachment', 'memo'), standard: 'stopped' },
  { id: 'redirect', title: 'Link that redirects to the file', run: press('redirect'), standard: 'stopped' },
  { id: 'navigate-pdf', title: 'Navigation to a PDF that the browser shows', run: open('navigate'), standard: 'stopped' },
  { id: 'navigate-xlsx', title: 'Navigation to a type that the browser saves', run: open('navigate', 'budget'), standard: 'stopped' },
  { id: 'navigate-text', title: 'Navigation to a text file', run: open('navigate', 'agenda'), standard: 'stopped' },
  { id: 'navigate-csv', title: 'Navigation to a CSV', run: open('navigate', 'headcount'), standard: 'stopped' },
  { id: 'navigate-image', title: 'Navigation to a picture', run: open('navigate', 'plan'), standard: 'stopped' },
  { id: 'navigate-cookie', title: 'Navigation to the file host with its cookie', run: open('cookie'), standard: 'stopped' },
  { id: 'navigate-raw', title: 'Navigation to the file on the app’s host', run: open('raw'), standard: 'stopped' },
  { id: 'download-attribute', title: 'Link with the download attribute', run: press('download-attribute'), standard: 'stopped' },
  { id: 'form', title: 'Form that is posted', run: press('form'), standard: 'stopped' },
  { id: 'zip', title: 'Archive of a selection, by form', run: press('zip'), standard: 'stopped' },
  { id: 'print-pdf', title: 'Print view as PDF', run: open('print-pdf'), standard: 'stopped' },
  { id: 'as-json', title: 'Navigation, Office file labelled JSON', run: open('as-json', 'memo'), standard: 'stopped' },
  { id: 'as-html', title: 'Navigation, PDF labelled HTML', run: open('as-html'), standard: 'stopped' },
  { id: 'as-text', title: 'Navigation, ZIP labelled plain text', run: open('as-text', 'pack'), standard: 'stopped' },
  { id: 'as-image', title: 'Navigation, PDF labelled PNG', run: open('as-image'), standard: 'stopped' },
  { id: 'iframe', title: 'Hidden frame', run: press('iframe'), standard: 'stopped' },
  { id: 'iframe-inline', title: 'Frame that shows the file', run: embed(element('iframe', 'src')), standard: 'stopped' },
  { id: 'iframe-sandbox', title: 'Sandboxed frame', run: embed(`const e = document.createElement('iframe'); e.sandbox = 'allow-downloads'; e.src = url; document.body.append(e);`), standard: 'stopped' },
  { id: 'object', title: '<object>', run: press('object'), standard: 'stopped' },
  { id: 'embed', title: '<embed>', run: embed(element('embed', 'src')), standard: 'stopped' },
  { id: 'img', title: '<img> with a document', run: embed(element('img', 'src')), standard: 'bytes' },
  { id: 'img-picture', title: '<img> with the original picture', run: embed(element('img', 'src'), 'navigate', 'plan'), standard: 'bytes' },
  { id: 'video', title: '<video> with a document', ...refused(`const e = document.createElement('video'); e.src = url; e.preload = 'auto'; document.body.append(e); e.load();`, 'navigate', 'report'), standard: 'bytes' },
  { id: 'stylesheet', title: 'Style sheet from a file', ...refused(`const e = document.createElement('link'); e.rel = 'stylesheet'; e.href = url; document.head.append(e);`, 'as-text', 'agenda'), standard: 'bytes' },
  {
    id: 'css-url',
    title: 'CSS url() of a file',
    async run(x, mark) {
      // On the file host's own page, whose policy lets pictures of the host in.
      const url = await x.url('cookie', 'plan');
      await x.ways('plan');
      await x.visit(`${x.origin('cdn')}/frame/preview`);
      await x.page.evaluate((u) => (document.body.style.backgroundImage = `url("${u}")`), String(url));
      await x.answered(mark);
    },
    standard: 'bytes',
  },
  { id: 'module', title: 'File imported as a module', ...refused(`import(url).catch(() => {});`, 'as-text', 'agenda'), standard: 'bytes' },
  { id: 'script', title: 'File as a classic script', run: embed(`const e = document.createElement('script'); e.src = url; e.nonce = document.querySelector('script[nonce]')?.nonce || ''; document.head.append(e);`, 'as-text', 'agenda'), standard: 'bytes' },
  { id: 'preload', title: '<link rel=preload as=fetch>', run: embed(`const e = document.createElement('link'); e.rel = 'preload'; e.as = 'fetch'; e.crossOrigin = 'anonymous'; e.href = url; document.head.append(e);`), standard: 'bytes' },
  {
    id: 'prefetch',
    title: '<link rel=prefetch>',
    proof: /^prefetches nothing/,
    async run(x, mark) {
      const url = await x.url('raw');
      await x.ways();
      // Beside the file something harmless, to see whether this browser does it at all.
      await x.page.evaluate((urls) => {
        for (const href of urls) document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href }));
      }, [String(url), '/favicon.ico?probe']);
      const asked = (p) => x.tap.exchanges.slice(mark).some((e) => p.test(e.url) && e.ended);
      const any = await until(async () => (await x.tap.hits(), asked(/probe$/) || asked(/\/raw$/)), 'a request', 2500).catch(() => false);
      if (!any) return 'prefetches nothing, neither the file nor something harmless';
      await x.answered(mark);
    },
    standard: 'bytes',
    control: { firefox: false },
    why: 'not in Firefox',
  },
  {
    id: 'prerender',
    title: 'Speculation rules',
    proof: /^no speculation/,
    async run(x, mark) {
      await x.ways();
      if (!(await x.page.evaluate(() => HTMLScriptElement.supports('speculationrules')))) return 'no speculation rules in this browser';
      return speculate(x, mark);
    },
    standard: 'stopped',
    control: { firefox: false },
    why: 'not in Firefox',
  },
  { id: 'window', title: 'window.open', run: press('window'), standard: 'stopped' },
  { id: 'target-blank', title: 'target=_blank', run: embed(`const e = document.createElement('a'); e.target = '_blank'; e.href = url; document.body.append(e); e.click();`), standard: 'stopped' },
  {
    id: 'meta-refresh',
    title: 'Meta refresh in a page made by script',
    run: embed(`const e = document.createElement('iframe'); e.srcdoc = '<meta http-equiv="refresh" content="0;url=' + url.replaceAll('&', '&amp;') + '">'; document.body.append(e);`),
    standard: 'stopped',
  },
  { id: 'location', title: 'location.replace from a blank frame', run: embed(`const e = document.createElement('iframe'); document.body.append(e); e.contentWindow.location.replace(url);`), standard: 'stopped' },
  {
    id: 'view-source',
    proof: /unsupported operation/,
    title: 'view-source: of the file',
    async run(x, mark) {
      const url = await x.url('raw');
      const why = await x.page.goto(`view-source:${url}`).then(() => '', (e) => e.message);
      if (/unsupported/.test(why)) return why; // Firefox's protocol takes no such address
      await x.answered(mark);
    },
    standard: 'stopped',
    control: { firefox: false },
    why: 'in Firefox by hand only',
  },
  {
    id: 'shared-link',
    title: 'Share link, opened and downloaded by it',
    async run(x, mark) {
      await x.ways();
      const url = await x.page.evaluate(async () => {
        const form = (document.cookie.match(/(?:^|; )files_form=([^;]*)/) || [])[1];
        const t = await (await fetch('/session/token', { method: 'POST', headers: { 'X-Form-Token': form } })).json();
        const api = JSON.parse(document.getElementById('page-data').textContent).file.contentUrl;
        const r = await fetch(api.replace(/content$/, 'share'), { method: 'POST', headers: { Authorization: `Bearer ${t.access_token}` } });
        return (await r.json()).url;
      });
      const at = new URL(url);
      await x.visit(`${x.origin('app')}${at.pathname}`);
      await x.page.evaluate(() => document.getElementById('download').click());
      await x.answered(mark);
    },
    standard: 'stopped',
  },
  {
    id: 'drag',
    title: 'Dragged out (the browser asks for the dragged address)',
    async run(x, mark) {
      // What a drop outside the window does: a request of the browser's own for the address.
      const url = await x.url('drag');
      const answer = await x.program('cdn', { path: url.pathname + url.search, headers: { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-User': undefined } });
      await x.answered(mark);
      return answer.body;
    },
    standard: 'bytes',
  },
];
