// Makes docs/reference/bypasses.md from the results of the last run in each browser.
//
//   node bypass/table.mjs            writes the page
//   node bypass/table.mjs --check    fails when the page says something else

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { groups } from './groups.mjs';

const page = new URL('../../../docs/reference/bypasses.md', import.meta.url);
const runs = ['chromium', 'firefox'].flatMap((b) => {
  const file = new URL(`../out/bypass-${b}.json`, import.meta.url);
  return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8'))] : [];
});
if (runs.length < 2) throw new Error('run bypass.test.mjs in Chromium and Firefox first');

const levels = ['none', 'strict', 'standard'];
const words = { stopped: 'stopped', bytes: 'read', saved: '**saved**', done: '**done**' };
const name = { chromium: 'Chromium', firefox: 'Firefox' };
const rows = groups.flatMap(({ techniques }) => techniques).map((t) => ({ ...t, at: (run, level) => run.techniques.find((r) => r.id === t.id)?.levels[level]?.outcome }));
const cell = (t, run, level) => {
  const got = t.at(run, level);
  if (!got) return '–';
  if (level === 'none' && got === 'stopped') return 'not possible';
  return words[got];
};
const passed = (t, run, level) => !['stopped', undefined].includes(t.at(run, level));
/** Ways that a level lets through: [{ way, level, how, browsers, reason }]. */
const open = ['strict', 'standard'].flatMap((level) =>
  rows
    .filter((t) => runs.some((r) => passed(t, r, level)))
    .map((t) => {
      const where = runs.filter((r) => passed(t, r, level));
      const reason = t.open || (level === 'standard' && (t.why && t.control !== false && !t.control ? t.why : 'the level lets the app’s own script, and what passes for one, read files to show them'));
      if (!reason) throw new Error(`${t.id} is open at ${level}, and nothing says why`);
      return { way: t.title, level, how: [...new Set(where.map((r) => words[t.at(r, level)]))].join(', '), browsers: where.map((r) => name[r.browser]).join(', '), reason };
    }),
);
const tried = (run, level) => run.techniques.filter((t) => t.levels[level]).length;
const number = (n) => n.toLocaleString('en-GB');
const escape = (s) => s.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const lines = [
  '# Ways around a download policy, tried',
  '',
  '<!-- Made by test/browser/bypass/table.mjs from the results of a run. Do not edit. -->',
  '',
  'Every way is tried in the demo, in both browsers, on a device that is not managed, by somebody who has the browser’s',
  'console and can send what they like. First without a policy in force: a way that does not work then proves nothing. Then',
  'under the policy *OneDrive - Block download from unmanaged* at the levels `strict` and `standard`.',
  '',
  'Each document carries a marker in its original bytes. A tap between client and server reads all that the client’s',
  'sockets receive, decompressed, unpacked and put together from ranges, and looks for it.',
  '',
  '- **stopped**: no byte of the original arrived.',
  '- **read**: bytes arrived in the page. `strict` never lets that happen. `standard` lets an app’s own script read a file',
  '  to show it (pdf.js), stops saving, and leaves to the client script what the page does next: a determined person can',
  '  save those bytes.',
  '- **saved**: a file arrived in the downloads folder.',
  '- **done**: the file went up, or the page’s content was copied, printed or dragged.',
  '- **not possible**: browser or app don’t let it happen even without a policy.',
  '',
  'A way counts as tried only when the tap saw the request for the file answered, or the way left another proof, such as',
  'the browser’s own report that the app’s content security policy stopped it. A way that was not tried fails the run.',
  '',
  `| | ${runs.map((r) => `${r.version || r.browser}`).join(' | ')} |`,
  `|---|${runs.map(() => '---:').join('|')}|`,
  ...levels.map((l) => `| ways tried, ${l === 'none' ? 'without a policy' : l} | ${runs.map((r) => tried(r, l)).join(' | ')} |`),
  ...levels.map((l) => `| bytes received and searched, ${l === 'none' ? 'without a policy' : l} | ${runs.map((r) => number(r.levels[l]?.searched ?? 0)).join(' | ')} |`),
  `| of these, not readable | ${runs.map((r) => levels.reduce((n, l) => n + (r.levels[l]?.unread.length ?? 0), 0)).join(' | ')} |`,
  '',
  '## Open',
  '',
  ...(open.length ? ['| Way | level | comes through | browsers | why |', '|---|---|---|---|---|', ...open.map((o) => `| ${escape(o.way)} | ${o.level} | ${o.how} | ${o.browsers} | ${escape(o.reason)} |`)] : ['None.']),
  '',
  '## Open, and not tried in a browser',
  '',
  '- **A cookie that a page of another app of the tenant sets for the tenant’s whole domain, past the client script**: a browser tells a server neither who set a cookie nor for which domain, so it can’t be told from one that the page’s own script set. Under a name that the app’s jar does not know it goes to the app, as SameSite=Lax. Cookies that script may not see come from the jar alone; of a copy that script may see, the one with the jar’s value counts, unless the page’s own script has changed it since. Referee’s own cookies have names that no other host can set, or are signed. Give apps that don’t trust each other tenants of their own.',
  '- **A file inside a WebSocket message of the app’s own format**: messages that begin as files do are decided about like downloads and uploads; what is wrapped in an envelope, in base64 or in the app’s own compression shows nothing at its beginning.',
  '',
];
for (const { title, note, techniques } of groups) {
  lines.push(`## ${title}`, '', ...(note ? [note, ''] : []), `| Way | ${levels.flatMap((l) => runs.map((r) => `${l === 'none' ? 'no policy' : l}, ${name[r.browser]}`)).join(' | ')} |`, `|---|${'---|'.repeat(levels.length * runs.length)}`);
  for (const t of rows.filter((r) => techniques.some((o) => o.id === r.id))) {
    lines.push(`| ${escape(t.title)}${t.why ? ` (${escape(t.why)})` : ''} | ${levels.flatMap((l) => runs.map((r) => cell(t, r, l))).join(' | ')} |`);
  }
  lines.push('');
}
const text = lines.join('\n');
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) throw new Error('docs/reference/bypasses.md is not what the last run says; node bypass/table.mjs');
} else {
  writeFileSync(page, text);
  console.log(`${rows.length} ways, ${open.length} open`);
}
