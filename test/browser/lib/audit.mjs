// Accessibility of what is shown, by axe-core.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails with axe-core's findings; `within` narrows it to a selector. */
export async function audit(page, what, within) {
  await page.evaluate(`${axe};undefined`);
  const found = await page.evaluate(async (root) => {
    const r = await window.axe.run(root ? document.querySelector(root) : document, { resultTypes: ['violations'], iframes: false });
    return { rules: r.passes.length, violations: r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join('; ')}`) };
  }, within);
  assert.deepEqual(found.violations, [], what);
  assert.ok(found.rules >= 5, `${what}: only ${found.rules} rules applied`);
}
