// Accessibility of what is shown: axe-core's rules, contrast, and whether the keyboard gets everywhere.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What every whole page of ours must have been found to have; axe-core skips rules that it finds nothing for. */
const ofPages = ['color-contrast', 'document-title', 'html-has-lang', 'landmark-one-main', 'page-has-heading-one', 'region', 'meta-viewport'];

/**
 * Fails with axe-core's findings, and with texts whose contrast is too low or can't be told. `within` narrows it
 * to an element with a shadow tree; a whole page of `own` must also have a title, a language, a main landmark, one
 * heading of the first level, and nothing outside landmarks.
 */
export async function audit(page, what, { within, own = false } = {}) {
  await page.evaluate(`${axe};undefined`);
  const found = await page.evaluate(async (root) => {
    const r = await window.axe.run(root ? document.querySelector(root) : document, { resultTypes: ['violations', 'incomplete'], iframes: false });
    const tell = (v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join('; ')}`;
    return { passes: r.passes.map((v) => v.id), violations: r.violations.map(tell), unsure: r.incomplete.filter((v) => v.id === 'color-contrast').map(tell) };
  }, within);
  assert.deepEqual(found.violations, [], what);
  // axe-core can't see the ground of what lies in the top layer; there the colours themselves are compared.
  if (within) assert.deepEqual(await page.evaluate(lowContrast, within), [], `${what}: contrast`);
  else assert.deepEqual(found.unsure, [], `${what}: contrast that could not be measured`);
  assert.ok(found.passes.length >= 5, `${what}: only ${found.passes.length} rules applied`);
  if (own) assert.deepEqual(ofPages.filter((id) => !found.passes.includes(id)), [], `${what}: rules that found nothing to pass`);
}

/** For functions that run in the page: ratio(colour, element) to the ground that the element stands on (WCAG 2.2). */
const colours = `
  const channels = (c) => c.match(/[\\d.]+/g).map(Number);
  const luminance = (c) => {
    const [r, g, b] = channels(c).slice(0, 3).map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (colour, e) => {
    while (e && (channels(getComputedStyle(e).backgroundColor)[3] ?? 1) < 1) e = e.parentElement;
    if (!e) return 0;
    const [a, b] = [luminance(colour), luminance(getComputedStyle(e).backgroundColor)].sort((p, q) => q - p);
    return (a + 0.05) / (b + 0.05);
  };`;

/** Texts in a shadow tree that differ too little from their ground: less than 4.5 to 1. */
const lowContrast = new Function(
  'within',
  `${colours}
  const low = [];
  let seen = 0;
  for (const e of document.querySelector(within).shadowRoot.querySelectorAll('*')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
    seen++;
    const r = ratio(getComputedStyle(e).color, e);
    if (r < 4.5) low.push(e.localName + ' "' + e.textContent.slice(0, 20) + '" ' + r.toFixed(1));
  }
  return seen < 3 ? ['only ' + seen + ' texts were found'] : low;`,
);

/** The element with the focus: its text, and how a person sees that it has it. A ring needs 3 to 1. */
const focused = new Function(
  `${colours}
  let e = document.activeElement;
  while (e && e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
  if (!e || e === document.body || e === document.documentElement) return { text: '' };
  const s = getComputedStyle(e);
  const r = ratio(s.outlineColor, e.parentElement);
  const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && r >= 3;
  return {
    text: (e.innerText || e.getAttribute('aria-label') || e.id).trim(),
    visible: e.matches(':focus-visible') && ring,
    how: (e.matches(':focus-visible') ? 'outline ' : 'no :focus-visible, ') + s.outlineStyle + ' ' + s.outlineWidth + ', contrast ' + r.toFixed(1) + (document.hasFocus() ? '' : ', the page has no focus'),
  };`,
);

/**
 * Goes through a page by the Tab key until the element with the text `wanted` has the focus, and fails when it is
 * not reached, or when something on the way shows no focus. The page then has the focus there, for Enter.
 */
export async function tabTo(page, wanted, what) {
  const way = [];
  await page.raw.bringToFront();
  for (let i = 0; i < 25; i++) {
    await page.press('Tab');
    const at = await page.evaluate(focused);
    way.push(at.text);
    if (at.text) assert.ok(at.visible, `${what}: the focus on "${at.text}" can't be seen: ${at.how}`);
    if (wanted.test(at.text)) return;
  }
  assert.fail(`${what}: the keyboard does not reach ${wanted}, only ${JSON.stringify(way)}`);
}
