// The results of a run, for machines; table.mjs makes the page for people from them.

import { mkdirSync, writeFileSync } from 'node:fs';

const out = new URL('../out/', import.meta.url);

export class Results {
  constructor(browser) {
    this.browser = browser;
    this.rows = {};
    this.levels = {};
  }

  add(level, technique, r) {
    const row = (this.rows[technique.id] ||= { id: technique.id, title: technique.title, levels: {} });
    if (technique.why) row.why = technique.why;
    if (technique.open) row.open = technique.open;
    row.levels[level] = { outcome: r.outcome, answers: r.answers, got: r.got, where: r.where, ...(r.trouble ? { trouble: String(r.trouble.message).slice(0, 200) } : {}) };
  }

  /** A file of this way arrived after it was judged. */
  late(level, r) {
    if (this.rows[r.id]?.levels[level]) this.rows[r.id].levels[level].outcome = 'saved';
  }

  /** What the tap saw in a level, as the measure of how much was looked at. */
  seen(level, tap) {
    this.levels[level] = { ...tap.counts(), unread: tap.unread, elsewhere: tap.refused };
  }

  write() {
    mkdirSync(out, { recursive: true });
    writeFileSync(new URL(`bypass-${this.browser}.json`, out), JSON.stringify({ browser: this.browser, version: this.version, at: new Date().toISOString(), levels: this.levels, techniques: Object.values(this.rows) }, null, 1));
  }
}
