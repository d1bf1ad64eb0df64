// A demo of its own with the people in it: what the story's tests and the bypasses share.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from './demo.mjs';
import { launch, until } from './driver.mjs';

export const canary = 'REFEREE-CANARY-4f9a7c21';
export const policyID = 'onedrive-block-download-unmanaged';

/** Starts a demo on free ports in a folder of its own. */
export async function openWorld({ args = [] } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'referee-world-'));
  const demo = await startDemo({ dir: new URL('../../..', import.meta.url).pathname, args: ['--port', '-1', '--data', data, ...args] });
  const { info } = demo;
  const browsers = [];

  /** Runs the command line as an administrator does: { code, out, err }. */
  const cli = (...words) =>
    new Promise((done) => {
      execFile(process.env.REFEREE_BIN, [...words, '--data', data], { maxBuffer: 64 << 20, timeout: 30_000 }, (e, out, err) =>
        done({ code: e ? (e.code ?? 1) : 0, out, err }),
      );
    });

  async function must(...words) {
    const r = await cli(...words);
    if (r.code) throw new Error(`referee ${words.join(' ')}: ${r.code}\n${r.err}${r.out}`);
    return r.out;
  }

  return {
    info,
    data,
    log: demo.log,
    cli,
    must,
    mapped: new URL(info.mapped).origin,

    /** A browser with a fresh profile; managed: with the laptop's certificate. */
    async browser(name, { managed = false, authorities = [], ...options } = {}) {
      const device = `device.${new URL(info.api).hostname}`;
      const b = await launch(name, {
        authorities: [info.ca, ...authorities],
        ...(managed ? { clients: [{ file: info.certificate, password: info.certificatePassword }], clientHosts: [`${device}:${new URL(info.api).port}`] } : {}),
        ...options,
      });
      browsers.push(b);
      return b;
    },

    /** Activities, newest first, as the command line gives them. */
    async activities(...filters) {
      return JSON.parse(await must('activity', 'search', '--json', ...filters)).items;
    },

    /** Applies the download policy with changes: { level, action }, in force or not. */
    async policy(changes = {}) {
      const file = join(data, 'changed.yaml');
      let text = await must('policy', 'get', policyID);
      for (const [key, value] of Object.entries(changes)) text = text.replace(new RegExp(`^(\\s*)${key}: .*$`, 'm'), `$1${key}: ${value}`);
      writeFileSync(file, text);
      await must('policy', 'apply', file);
    },

    async close() {
      for (const b of browsers) await b.close().catch(() => undefined);
      await demo.stop();
      rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** The page's first heading; '' while there is none. */
export const heading = (page) => page.evaluate(() => document.querySelector('h1')?.textContent || '').catch(() => '');

/** Waits until the page has a heading that matches; loading pages have none for a while. */
export const arrive = (page, pattern, ms = 30_000) =>
  until(async () => pattern.test(await heading(page)), `a page headed ${pattern} (at ${page.url()})`, ms).catch(async (e) => {
    throw new Error(`${e.message}; it says "${await heading(page)}" at ${page.url()}`);
  });

/** Opens a link without a session: signs in at the provider, reads the notice, continues. */
export async function signIn(world, page, who, link = world.info.link) {
  await page.goto(link);
  await arrive(page, /Sign in/);
  await page.fill('#username', who);
  await page.fill('#password', world.info.accounts[who]);
  await page.click('button[type=submit]');
  await until(async () => /monitored|Board papers|Projects|\.(pdf|txt)/.test(await heading(page)), `what follows sign-in (at ${page.url()}: ${await heading(page)})`, 30_000);
  if (/monitored/.test(await heading(page))) {
    await page.click('form button');
    await until(async () => !/monitored/.test((await heading(page)) || 'monitored'), 'the app after the notice');
  }
}
