// Ways to get a file past the policy, in real browsers, each at three levels:
//
//   none      the policy monitors: the way works, or it would prove nothing
//   strict    no byte of a document's original may reach the client
//   standard  nothing is saved; scripts of the app may read (pdf.js works)
//
// A tap reads everything that the browser's and the programs' sockets received. Results go to out/,
// from which `node bypass/table.mjs` makes docs/reference/bypasses.md. ONLY=id,id narrows the run.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import cached, { fill } from './bypass/cached.mjs';
import { groups } from './bypass/groups.mjs';
import { openHostile } from './bypass/hostile.mjs';
import { Results } from './bypass/results.mjs';
import { attempt, openScene, stray } from './bypass/scene.mjs';
import { prepare } from './bypass/uploads.mjs';
import { browsers } from './lib/driver.mjs';
import { openWorld, policyID } from './lib/world.mjs';

const only = process.env.ONLY?.split(',');
const chosen = (check) => groups.filter(check).flatMap((g) => g.techniques).filter((t) => !only || only.includes(t.id));
const techniques = chosen((g) => !g.afterFlip && !g.more);
/** Those under further policies, which more.yaml has. */
const more = chosen((g) => g.more);
const moreFile = new URL('./bypass/more.yaml', import.meta.url).pathname;
const morePolicies = ['tried-block-upload', 'tried-block-page'];
/** Those under another action than the demo's. */
const special = techniques.filter((t) => t.policy);
const asItWas = { action: 'block', then: 'block', level: 'strict' };
const rank = { stopped: 0, bytes: 1, saved: 2, done: 2 };
const of = (value, name) => (value && typeof value === 'object' ? value[name] : value);

function judge(level, name, t, r) {
  const told = `${r.outcome}; answered ${r.answers}; got "${r.got}"; ${r.where.join(' | ')}${r.trouble ? `; ${r.trouble.message}` : ''}`;
  assert.equal(r.trouble, undefined, `the way was not tried to its end: ${told}`);
  assert.ok(r.tried, `the way was not tried: nothing was asked for, and nothing else shows it. ${told}`);
  const must = typeof t.must === 'object' ? t.must[level] : t.must;
  if (must) assert.ok(must(r.got), told);
  if (level === 'none') {
    if (of(t.control, name) !== false) assert.notEqual(r.outcome, 'stopped', `the way does not work even without a policy: ${told}`);
  } else if (of(t.open, name)) {
    assert.notEqual(r.outcome, 'stopped', `listed as open, and stopped now: take it off the list. ${told}`);
  } else {
    const most = level === 'strict' ? 'stopped' : t.standard;
    assert.ok(rank[r.outcome] <= rank[most], told);
  }
}

function suite(name) {
  describe(name, { concurrency: 1 }, () => {
    const results = new Results(name);
    let world;
    let hostile;
    let scene;

    before(async () => {
      hostile = await openHostile();
      world = await openWorld();
      hostile.mapped = await hostile.attach(world);
    }, { timeout: 120_000 });
    after(async () => {
      results.write();
      await scene?.close();
      for (const o of Object.values(world?.others ?? {})) o.tap.close();
      await world?.close();
      hostile?.close();
    });

    async function begin(level) {
      await scene?.close();
      scene = undefined;
      scene = await openScene(world, name, level, hostile);
      results.version = await scene.browser.version();
    }

    const tryOne = (level, t) =>
      test(`${level}: ${t.id}: ${t.title}`, { timeout: 120_000 }, async () => {
        const r = await attempt(scene, t);
        results.add(level, t, r);
        judge(level, name, t, r);
      });

    /** The tap has read all, and in strict nothing of a document has arrived; none came late as a file. */
    function conclude(level) {
      test(`${level}: everything was read${level === 'strict' ? ', and no document was in it' : ''}`, async () => {
        await stray(scene);
        for (const r of scene.strays ?? []) {
          results.late(level, r);
          const t = techniques.find((o) => o.id === r.id);
          if (level !== 'none') assert.equal(t.standard, 'saved', `a file arrived after ${r.id} was judged`);
        }
        const hits = await scene.tap.hits();
        results.seen(level, scene.tap);
        assert.deepEqual(scene.tap.unread, []);
        assert.ok(scene.tap.counts().exchanges > 20);
        // What is listed as open is open at the app's own hosts; nothing comes through the gateway.
        const real = Object.values(world.info.hosts);
        if (level === 'strict') assert.deepEqual(hits.filter((h) => !real.includes(h.host)).map((h) => `${h.host}${h.url}`), []);
      });
    }

    for (const level of ['none', 'strict', 'standard']) {
      describe(level, { concurrency: 1 }, () => {
        before(async () => {
          if (level === 'strict') await world.must('policy', 'flip', policyID);
          if (level === 'standard') await world.policy({ ...asItWas, level: 'standard' });
          await begin(level);
        }, { timeout: 120_000 });

        for (const t of techniques.filter((o) => !o.policy || level === 'none')) tryOne(level, t);

        if (more.length) {
          describe('with further policies', { concurrency: 1 }, () => {
            before(async () => {
              await prepare(scene);
              if (level !== 'none') await world.must('policy', 'apply', moreFile);
            }, { timeout: 120_000 });
            for (const t of more) tryOne(level, t);
            if (level !== 'none') {
              after(async () => {
                for (const id of morePolicies) await world.must('policy', 'delete', id);
              });
            }
          });
        }

        if (level === 'strict' && special.length) {
          describe('with an action that can be overridden', { concurrency: 1 }, () => {
            before(() => world.policy(special[0].policy));
            for (const t of special) tryOne(level, t);
          });
        }
        conclude(level);
      });

      if (level === 'none' && !only) {
        describe('after the flip, in the browser that had the files', { concurrency: 1 }, () => {
          before(async () => {
            await scene.fresh();
            await fill(scene);
            await world.must('policy', 'flip', policyID);
          }, { timeout: 120_000 });
          after(() => world.must('policy', 'back', policyID));
          for (const t of cached) tryOne('strict', t);
        });
      }
    }
  });
}

describe('bypasses', { concurrency: browsers.length }, () => browsers.forEach(suite));
