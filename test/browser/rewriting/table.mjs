// Makes docs/reference/rewriting.md from the results of the last run in each browser.
//
//   node rewriting/table.mjs            writes the page
//   node rewriting/table.mjs --check    fails when the page says something else

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { families } from './families.mjs';
import { open } from './open.mjs';

const page = new URL('../../../docs/reference/rewriting.md', import.meta.url);
const runs = ['chromium', 'firefox'].flatMap((b) => {
  const file = new URL(`../out/rewriting-${b}.json`, import.meta.url);
  return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8'))] : [];
});
if (runs.length < 2) throw new Error('run rewriting.test.mjs in Chromium and Firefox first');

const name = { chromium: 'Chromium', firefox: 'Firefox' };
const all = families.flatMap((f) => Object.keys(f.cases).map((title) => ({ family: f, title, key: `${f.id}: ${title}` })));
const word = (r) => (r === true ? 'passes' : r === 'n/a' ? 'not in this browser' : r === undefined ? '–' : '**fails**');
const count = (run, keep) => all.filter((c) => keep(run.results[c.key])).length;
const escape = (s) => s.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const failed = all.filter((c) => runs.some((r) => ![true, 'n/a'].includes(r.results[c.key])));
for (const c of failed) if (!open[c.key]) throw new Error(`${c.key} fails, and nothing says why`);

const lines = [
  '# Rewriting, tried',
  '',
  '<!-- Made by test/browser/rewriting/table.mjs from the results of a run. Do not edit. -->',
  '',
  'An app of three hosts (two of one site, one elsewhere) behind the gateway does in real browsers what breaks rewriting',
  'proxies. Nothing listens at the real names, so what leads past the gateway fails by itself. A case passes when the page',
  'sees what it would see without a gateway, its own addresses as it wrote them. `make test-rewriting` runs it and makes this page.',
  '',
  `| | ${runs.map((r) => r.version || r.browser).join(' | ')} |`,
  `|---|${runs.map(() => '---:').join('|')}|`,
  `| cases | ${runs.map(() => all.length).join(' | ')} |`,
  `| pass | ${runs.map((r) => count(r, (x) => x === true)).join(' | ')} |`,
  `| the browser lacks the feature | ${runs.map((r) => count(r, (x) => x === 'n/a')).join(' | ')} |`,
  `| fail | ${runs.map((r) => count(r, (x) => x !== true && x !== 'n/a')).join(' | ')} |`,
  '',
  '## What fails, and why',
  '',
  '| Case | Browsers | Why |',
  '|---|---|---|',
  ...failed.map((c) => `| ${c.family.title}: ${escape(c.title)} | ${runs.filter((r) => ![true, 'n/a'].includes(r.results[c.key])).map((r) => name[r.browser]).join(', ')} | ${escape(open[c.key].why)} |`),
  '',
  '## Not tried in a browser, and known not to work',
  '',
  '- **`location.hostname` compared with a name written out** when the gateway listens on another port than 443: the name is mapped with its port. `location.host` works. With the gateway on 443 both do.',
  '- **Regular expressions and bare suffixes** that hosts are compared with (`/\\.example\\.com$/`, `".example.com"`): nobody can tell in general what they mean. An app’s profile can change them (`profile.code`).',
  '- **Modules under an import map’s `integrity`** that rewriting changes are refused the first time after the gateway started, and known from then on.',
  '- **Event handlers that a policy knows by digest** (`\'unsafe-hashes\'`) run as they are: their addresses stay real.',
  '- **Pages that browsers may read in two ways** (raw text inside `select` or a page of frames, say) are stopped where the session’s policies stop anything, pass as they are where nothing is stopped, and are recorded either way (`defaultBehavior`, `referee_gateway_ambiguous_pages_total`).',
  '- **SVG documents** opened by themselves are rewritten and get no client script.',
  '',
  '## All cases',
  '',
];
for (const f of families) {
  lines.push(`### ${f.title}`, '', `| Case | ${runs.map((r) => name[r.browser]).join(' | ')} |`, `|---|${runs.map(() => '---|').join('')}`);
  for (const c of all.filter((o) => o.family === f)) lines.push(`| ${escape(c.title)} | ${runs.map((r) => word(r.results[c.key])).join(' | ')} |`);
  lines.push('');
}
const text = lines.join('\n');
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) throw new Error('docs/reference/rewriting.md is not what the last run says; node rewriting/table.mjs');
} else {
  writeFileSync(page, text);
  console.log(`${all.length} cases, ${failed.length} fail`);
}
