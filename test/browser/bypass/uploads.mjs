// Ways to bring a file up in spite of a policy on uploads: forms, single requests and the resumable
// protocols, by the app's own script, by a page's and by a program. A policy on uploads has no level.
// Whether a file arrived is what the app says at its real address.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../lib/driver.mjs';
import { send } from './client.mjs';

const target = /\/upload(\/|\?|$)|\/tus\/|createUploadSession|\/folders\/inbox\/files\//;
const content = '%PDF-1.4 a file on its way up\n'.repeat(20);
const folder = (x) => `${x.origin('app')}/folders/inbox`;

/** Whether the app has a file of this name, by its own list. */
async function landed(x, name, said = '') {
  const token = await (x.token ||= x.bearer());
  const list = await send(x.tap, x.to(x.real.api), { path: '/v1/folders/inbox', headers: { Authorization: `Bearer ${token}`, 'User-Agent': x.agent } });
  if (list.status !== 200) throw new Error(`the app did not list its files: ${list.status}`);
  const done = list.body.includes(`"${name}"`);
  return { done, got: `${done ? 'arrived' : 'did not arrive'}${said && `: ${said}`}` };
}

/** The app's page of the folder, with a file put into its form as a script can. */
async function filled(x, how, name, type) {
  await x.visit(folder(x));
  await x.page.waitFor(() => document.readyState === 'complete');
  await x.page.evaluate(
    ([w, n, t, c]) => {
      const data = new DataTransfer();
      data.items.add(new File([c], n, { type: t }));
      document.getElementById('upload-files').files = data.files;
      document.getElementById('upload-how').value = w;
    },
    [how, name, type, content],
  );
}
const submit = (x) => x.page.evaluate(() => document.querySelector('#upload button').click()).catch(() => undefined); // a form navigates
const status = (x) => x.page.evaluate(() => document.getElementById('status')?.textContent || document.querySelector('h1')?.textContent || '');
/** The app's script says how it ended, or the browser shows the form's answer. */
const ended = (x, mark) => until(async () => (await x.tap.hits(), /loaded/.test(await status(x).catch(() => '')) || x.tap.exchanges.slice(mark).some((e) => e.method === 'POST' && /folders\/inbox\/upload/.test(e.url) && e.ended)), 'the end of the upload');

/** The app's own script sends a file by a protocol. */
const byApp = (how, type = 'application/pdf') => async (x, mark) => {
  const name = `${how}-${x.level}.${type.split('/')[1]}`;
  await filled(x, how, name, type);
  await submit(x);
  await ended(x, mark);
  return landed(x, name, await status(x).catch(() => ''));
};

/** A script of the page sends requests with the app's bearer. The function gives the last status. */
const byScript = (id, run) => async (x) => {
  const name = `${id}-${x.level}.pdf`;
  const token = await x.bearer();
  await x.here();
  const said = await x.page.evaluate(new Function('a', `const { api, cdn, token, name, content } = a; const auth = { Authorization: 'Bearer ' + token }; ${run}`), { api: x.origin('api'), cdn: x.origin('cdn'), token, name, content });
  return landed(x, name, String(said));
};

/** Opens an upload before the policy applies: where its bytes go. */
const open = {
  tus: (x, name) => x.page.evaluate(([api, token, n, size]) => fetch(`${api}/v1/tus/inbox`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0', 'Upload-Length': String(size), 'Upload-Metadata': `filename ${btoa(n)}` } }).then((r) => r.headers.get('Location')), [x.origin('api'), x.opened.token, name, content.length]),
  google: (x, name) => x.page.evaluate(([api, token, n, size]) => fetch(`${api}/upload/v1/files?uploadType=resumable`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'X-Upload-Content-Type': 'application/pdf', 'X-Upload-Content-Length': String(size) }, body: JSON.stringify({ name: n, parent: 'inbox' }) }).then((r) => r.headers.get('Location')), [x.origin('api'), x.opened.token, name, content.length]),
  graph: (x, name) => x.page.evaluate(([api, token, n]) => fetch(`${api}/v1.0/me/drive/items/inbox:/${n}:/createUploadSession`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } }).then((r) => r.json()).then((j) => j.uploadUrl), [x.origin('api'), x.opened.token, name]),
};
const opened = (how, x) => `opened-${how}-${x.level}.pdf`;
/** Before the policy: one upload of each protocol is opened. */
export async function prepare(x) {
  await x.fresh();
  x.opened = { token: await x.bearer() };
  for (const how of Object.keys(open)) {
    x.opened[how] = await open[how](x, opened(how, x));
    if (!x.opened[how]) throw new Error(`no ${how} upload was opened before the policy`);
  }
}
const later = (how) => ({
  id: `upload-${how}-opened`,
  title: `Bytes of an upload opened before the policy, ${{ tus: 'tus', google: 'Google resumable', graph: 'Graph upload session' }[how]}`,
  async run(x) {
    await x.here();
    const said = await x.page.evaluate(
      ([w, at, token, c]) => {
        const range = { 'Content-Range': `bytes 0-${c.length - 1}/${c.length}` };
        const init = { tus: { method: 'PATCH', headers: { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' } }, google: { method: 'PUT', headers: range }, graph: { method: 'PUT', headers: range } }[w];
        return fetch(at, { ...init, body: new Blob([c]) }).then((r) => r.status, String);
      },
      [how, x.opened[how], x.opened.token, content],
    );
    return landed(x, opened(how, x), String(said));
  },
});

const put = (headers, url = '`${api}/v1/folders/inbox/files/${name}`') => `return fetch(${url}, { method: 'PUT', headers: { ...auth, ${headers} }, body: new Blob([content]) }).then((r) => r.status, String);`;

/** A multipart form that says it is something else: by a query or by fields. */
const formAs = (id, query, headers) => byScript(id, `const f = new FormData(); f.append('file', new File([content], name, { type: 'application/pdf' })); return fetch(\`\${api}/v1/folders/inbox/upload${query}\`, { method: 'POST', headers: { ...auth, ${headers} }, body: f }).then((r) => r.status, String);`);

export default [
  {
    id: 'upload-chosen',
    title: 'File chosen in the app’s form',
    proof: /arrive/, // the client script takes the file out of the form again, and nothing is asked for
    async run(x, mark) {
      const dir = mkdtempSync(join(tmpdir(), 'referee-upload-'));
      const name = `chosen-${x.level}.pdf`;
      try {
        writeFileSync(join(dir, name), content);
        await x.visit(folder(x));
        await x.page.waitFor(() => document.readyState === 'complete');
        await x.page.files('#upload-files', join(dir, name));
        await x.page.evaluate(() => (document.getElementById('upload-how').value = 'put'));
        await submit(x);
        await until(async () => /Choose a file|loaded/.test(await status(x)), 'what the app says');
        return landed(x, name, await status(x));
      } finally {
        rmSync(dir, { recursive: true });
      }
    },
  },
  { id: 'upload-form', title: 'Multipart form that navigates', run: byApp('form') },
  { id: 'upload-multipart', title: 'Multipart by the app’s script', run: byApp('multipart') },
  { id: 'upload-put', title: 'Single PUT by the app’s script', run: byApp('put') },
  { id: 'upload-text', title: 'Single PUT of a text file', run: byApp('put', 'text/plain') },
  { id: 'upload-tus', title: 'Resumable: tus 1.0', run: byApp('tus') },
  { id: 'upload-google', title: 'Resumable: Google', run: byApp('google') },
  { id: 'upload-graph', title: 'Resumable: Graph upload session', run: byApp('graph') },
  ...Object.keys(open).map(later),
  { id: 'upload-tus-at-once', title: 'tus, creation with the bytes', run: byScript('tus-at-once', "return fetch(`${api}/v1/tus/inbox`, { method: 'POST', headers: { ...auth, 'Tus-Resumable': '1.0.0', 'Upload-Length': String(content.length), 'Upload-Metadata': `filename ${btoa(name)}`, 'Content-Type': 'application/offset+octet-stream' }, body: new Blob([content]) }).then((r) => r.status, String);") },
  { id: 'upload-as-json', title: 'PUT labelled JSON', run: byScript('as-json', put("'Content-Type': 'application/json'")) },
  { id: 'upload-as-form', title: 'PUT labelled as a form', run: byScript('as-form', put("'Content-Type': 'application/x-www-form-urlencoded'")) },
  { id: 'upload-no-type', title: 'PUT without a type', run: byScript('no-type', put('')) },
  { id: 'upload-encoded', title: 'PUT to an encoded address', run: byScript('encoded', put("'Content-Type': 'application/pdf'", "`${api}/v1/%66olders/inbox/files/${name}`")), target: /%66olders/ },
  { id: 'upload-second-part', title: 'Second file of a multipart form, behind a text field', run: byScript('second', "const f = new FormData(); f.append('note', 'x'); f.append('file', new File(['a,b'], 'first-' + name, { type: 'text/plain' })); f.append('file', new File([content], name, { type: 'application/pdf' })); return fetch(`${api}/v1/folders/inbox/upload`, { method: 'POST', headers: auth, body: f }).then((r) => r.status, String);") },
  { id: 'upload-form-google', title: 'Multipart form that says it announces a Google upload', run: formAs('form-google', '?uploadType=resumable', '') },
  { id: 'upload-form-tus', title: 'Multipart form that says it announces a tus upload', run: formAs('form-tus', '', "'Tus-Resumable': '1.0.0', 'Upload-Metadata': `filename ${btoa('a.txt')}`") },
  { id: 'upload-form-range', title: 'Multipart form that says it is a piece of a file', run: formAs('form-range', '', "'Content-Range': 'bytes 7-9/10'") },
  { id: 'upload-native-fetch', title: 'fetch of a fresh frame, without the client script’s hooks', run: byScript('native', "const f = document.createElement('iframe'); document.body.append(f); return f.contentWindow.fetch(`${api}/v1/folders/inbox/files/${name}`, { method: 'PUT', headers: auth, body: new Blob([content]) }).then((r) => r.status, String);") },
  {
    id: 'upload-chunked',
    title: 'Chunked body from a program, with copied cookies and bearer',
    async run(x) {
      const name = `chunked-${x.level}.pdf`;
      const { raw } = await import('./client.mjs');
      const lines = [`PUT /v1/folders/inbox/files/${name} HTTP/1.1`, `Host: ${x.hosts.api}`, `User-Agent: ${x.agent}`, `Authorization: Bearer ${await x.bearer()}`, `Cookie: ${await x.cookies(x.hosts.api)}`, `Origin: ${x.origin('app')}`, 'Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Content-Type: application/octet-stream', 'Transfer-Encoding: chunked'];
      const a = await raw(x.tap, x.to(x.hosts.api), lines, `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`);
      return landed(x, name, String(a.status));
    },
  },
].map((t) => ({ target, standard: 'stopped', ...t }));
