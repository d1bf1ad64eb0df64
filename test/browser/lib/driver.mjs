// One way to drive both browsers.
//
// A browser: name, page(), pages(), cookies(), forget(host) its cookies and those of the domain above,
// drop(cookie) by name (Chromium), downloads(), clear() them, received(), version(), grant(origin, permissions), close(). A page:
// goto(url) → status, url(), evaluate(fn, arg), init(fn, arg) before every document, click, fill,
// press('Control+c'), waitFor(selector | fn, arg, ms), files(selector, paths), screenshot(path),
// close(); media(features) and cdp() in Chromium only; raw is the library's own.

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';

const launchers = { chromium: launchChromium, firefox: launchFirefox };

/** The browsers to test in: BROWSERS="chromium" or "firefox" narrows it. */
export const browsers = (process.env.BROWSERS || 'chromium,firefox').split(',');

/**
 * Starts a browser with a fresh profile. Options: authorities (PEM files to trust), clients
 * (PKCS#12 files as { file, password }), clientHosts (patterns of hosts that ask for one, like
 * "[*.]gate.localhost"; Chromium needs them), features (of Chromium, to switch on), tap (all traffic goes through it) and keylog (a file
 * for the secrets that it needs).
 */
export async function launch(name, options) {
  const dir = mkdtempSync(join(tmpdir(), `referee-${name}-`));
  const downloadDir = join(dir, 'downloads');
  mkdirSync(downloadDir);
  const browser = await launchers[name](dir, { ...options, downloadDir }).catch((e) => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    throw e;
  });
  const close = browser.close;
  return Object.assign(browser, {
    /** Files that arrived whole: [{ name, bytes }]. */
    async downloads() {
      await browser.settled();
      const there = readdirSync(downloadDir);
      // Firefox puts an empty file under the name while the bytes come in beside it.
      const partial = there.filter((f) => /\.(part|crdownload)$/.test(f));
      return there
        .filter((f) => !partial.some((p) => p === f || p.startsWith(f.replace(/\.[^.]*$/, ''))))
        .map((f) => ({ name: f, bytes: readFileSync(join(downloadDir, f)) }));
    },
    /** Forgets the files that arrived. */
    async clear() {
      await browser.settled();
      for (const f of readdirSync(downloadDir)) rmSync(join(downloadDir, f), { force: true });
    },
    async close() {
      await close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  });
}

/** Waits until a check gives something true, and returns it. The time is for machines that are busy with something else. */
export async function until(check, what, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await check();
    if (got) return got;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((r) => setTimeout(r, 40));
  }
}
