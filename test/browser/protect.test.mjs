// Protect on download in real browsers: what a person saves has the label and its marks, other programs open it, the
// original stays as it is, and what can't be labelled is blocked with the reason.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { audit } from './lib/audit.mjs';
import { browsers, until } from './lib/driver.mjs';
import { arrive, canary, openWorld, signIn } from './lib/world.mjs';

const file = (name) => new URL(`protect/${name}`, import.meta.url).pathname;
const board = '22222222-2222-4222-8222-222222222222';

function suite(name) {
  describe(`protect on download in ${name}`, { concurrency: 1 }, () => {
    let world;
    let person;
    let page;

    before(
      async () => {
        world = await openWorld();
        await world.must('label', 'apply', file('labels.yaml'));
        await world.must('policy', 'apply', file('policies.yaml'));
        person = await world.browser(name);
        page = await person.page();
        await signIn(world, page, 'director');
        await arrive(page, /Board papers/);
      },
      { timeout: 120_000 },
    );
    after(() => world?.close());

    const step = (title, run) => test(title, { timeout: 120_000 }, run);
    const download = async (id, title) => {
      await page.goto(`${world.mapped}/files/${id}`);
      await arrive(page, title);
      await page.evaluate(() => document.getElementById('download').click());
    };
    const saved = (begins) => until(async () => (await person.downloads()).find((f) => f.name.startsWith(begins) && f.bytes.length), `the file ${begins}`, 60_000);
    /** Keeps what was saved in a folder, and reads its labels. */
    const keep = async (f, as) => {
      const dir = join(world.data, 'saved');
      mkdirSync(dir, { recursive: true });
      const path = join(dir, as);
      writeFileSync(path, f.bytes);
      return { path, dir, labels: JSON.parse(await world.must('label', 'read', '--json', path)).items[0].labels };
    };
    const labelled = (l) => {
      assert.equal(l.length, 1, JSON.stringify(l));
      assert.deepEqual([l[0].id, l[0].method, l[0].enabled, l[0].contentBits], [board, 'Standard', true, 5]);
    };
    const recorded = (what, check) => until(async () => (await world.activities()).find(check), `the activity ${what}`, 30_000);

    step('a policy with a label that encrypts is refused', async () => {
      const changed = join(world.data, 'encrypts.yaml');
      writeFileSync(changed, readFileSync(file('policies.yaml'), 'utf8').replace('label: Board', 'label: Secret'));
      const r = await world.cli('policy', 'apply', changed);
      assert.notEqual(r.code, 0);
      assert.match(r.err + r.out, /encrypts/);
    });

    step('a Word document that is saved has the label and the marks, and opens', async () => {
      await download('memo', /Strategy memo/);
      const { path, dir, labels } = await keep(await saved('Strategy memo'), 'memo.docx');
      labelled(labels);
      execFileSync('soffice', ['--headless', `-env:UserInstallation=file://${dir}/profile`, '--convert-to', 'pdf', '--outdir', dir, path], { stdio: 'ignore', timeout: 100_000 });
      const text = execFileSync('pdftotext', [join(dir, 'memo.pdf'), '-'], { encoding: 'utf8' });
      assert.match(text, /Board, for director/);
      assert.match(text, /Strategy memo/);
      const a = await recorded('of the labelled copy', (x) => x.type === 'download' && x.takenAction === 'protect' && x.outcome === 'complete' && /memo/.test(x.files?.[0]?.name));
      assert.match(JSON.stringify(a), /labelled with Board, without encryption/);
      assert.equal(a.files[0].labels[0].id, board);
    });

    step('so does a PDF, whose own bytes stay in front', async () => {
      await download('report', /Quarterly report/);
      const f = await saved('Quarterly report');
      const { path, labels } = await keep(f, 'report.pdf');
      labelled(labels);
      execFileSync('qpdf', ['--check', path], { stdio: 'ignore' });
      assert.ok(f.bytes.includes(canary));
      assert.match(execFileSync('pdftotext', [path, '-'], { encoding: 'utf8' }), /Board, for director/);
    });

    step('a text can’t be labelled: it is blocked, with the reason', async () => {
      await download('agenda', /Board agenda|Agenda/);
      await arrive(page, /can.t be downloaded/);
      const text = await page.evaluate(() => document.querySelector('main').innerText);
      assert.match(text, /sensitivity label/);
      assert.match(text, /files of this kind/);
      await audit(page, 'the page that says what can’t be labelled', { own: true });
      assert.ok(!(await person.downloads()).some((f) => f.name.startsWith('Board agenda')));
      await recorded('of the block', (x) => x.type === 'download' && x.takenAction === 'block' && /not labelled/.test(JSON.stringify(x)));
    });
  });
}

describe('protect on download', { concurrency: 1 }, () => browsers.forEach(suite));
