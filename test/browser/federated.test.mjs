// Microsoft 365 with a domain federated to Referee, in real browsers: from the mapped app through Entra's
// mapped steps and Referee to the app, and MSAL's silent renewal in a hidden frame. Entra is the double of
// test/entraid, the app the demo's files app; a Go process serves them all.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browsers, launch } from './lib/driver.mjs';

const signin = fileURLToPath(new URL('../signin', import.meta.url));
const slow = { timeout: 300_000 };
const built = mkdtempSync(join(tmpdir(), 'referee-stage-'));
const binary = join(built, 'stage.test');
execFileSync('go', ['test', '-c', '-o', binary, '.'], { cwd: signin }); // `go test` itself gives a test no standard input
after(() => rmSync(built, { recursive: true, force: true }));

/** Starts the stage, which ends with its standard input. */
async function stage(protocol) {
  const child = spawn(binary, ['-test.run', '^TestFederatedServe$', '-test.timeout=20m', '-test.v'], {
    cwd: signin,
    env: { ...process.env, REFEREE_SERVE_FEDERATED: protocol },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  const ended = new Promise((done) => child.on('close', done));
  const where = await new Promise((done, failed) => {
    const hear = (part) => {
      text += part;
      const line = /^STAGE (\{.*\})$/m.exec(text);
      if (line) done(JSON.parse(line[1]));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    ended.then(() => failed(new Error(`the stage ended early:\n${text}`)));
  });
  return {
    ...where,
    /** Ends the stage and says whether Entra refused anything. */
    async end() {
      child.stdin.end();
      const code = await ended;
      return code === 0 ? '' : text;
    },
  };
}

for (const protocol of ['wsfed', 'saml']) {
  describe(`Microsoft 365 federated by ${protocol}`, { concurrency: 1 }, () => {
    let at;
    let dir;
    before(async () => {
      at = await stage(protocol);
      dir = mkdtempSync(join(tmpdir(), 'referee-federated-'));
      writeFileSync(join(dir, 'root.pem'), at.root);
    }, slow);
    after(async () => {
      if (dir) rmSync(dir, { recursive: true, force: true });
      assert.equal(await at?.end(), '');
    }, slow);

    for (const name of browsers) {
      test(`signs in and renews silently in ${name}`, slow, async () => {
        const browser = await launch(name, { authorities: [join(dir, 'root.pem')] });
        try {
          const page = await browser.page();
          await page.goto(`${at.app}/`).catch(() => undefined); // pages that post themselves end a navigation early
          await page.waitFor(() => /Signed in as director@contoso\.example/.test(document.body?.innerText || ''), null, 120_000);
          assert.equal(new URL(await page.evaluate(() => location.href)).origin, at.app);

          await page.goto(`${at.app}/spa`);
          await page.waitFor(() => document.body?.dataset.ready === 'yes' && document.readyState === 'complete', null, 60_000);
          const query = new URLSearchParams({
            client_id: 'spa', redirect_uri: `${at.app}/spa`, response_type: 'code', response_mode: 'fragment', prompt: 'none', state: 's1', nonce: 'n1',
          });
          await page.evaluate((to) => { globalThis.frame = renew(to); }, `${at.login}/${at.tenant}/oauth2/v2.0/authorize?${query}`);
          await page.waitFor(() => {
            try {
              return /[#&]code=[^&]+/.test(frame.contentWindow.location.hash); // of the app's own origin again
            } catch {
              return false;
            }
          }, null, 60_000);

          const direct = browser.name === 'chromium' && (await browser.cookies()).filter((c) => [at.direct, at.entra].some((o) => new URL(o).hostname === c.domain.replace(/^\./, '')));
          if (direct) assert.deepEqual(direct, [], 'the browser holds cookies of the app or of Entra');

          const status = await page.goto(`${at.login}/common/login`);
          assert.equal(status, 403);
          assert.match(await page.evaluate(() => document.body.innerText), /Nothing is typed here/);
        } finally {
          await browser.close();
        }
      });
    }
  });
}
