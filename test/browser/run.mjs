// Runs the browser tests one file after another, and says how long each took. Each file has a folder for
// temporary files of its own; when it has ended, that is removed, and what it left running is ended.
//
//   node run.mjs [name …]
//   BROWSERS=firefox node run.mjs shim

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const nameOf = (f) => f.replace('.test.mjs', '');
const files = readdirSync(here).filter((f) => f.endsWith('.test.mjs') && (!wanted.length || wanted.includes(nameOf(f))));
if (!files.length) throw new Error(`no tests named ${wanted.join(', ')}`);
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

/** Processes that were started with this folder for temporary files, browsers' own children too. */
function startedWith(dir) {
  const mark = `\0TMPDIR=${dir}\0`;
  return readdirSync('/proc')
    .filter((p) => /^\d+$/.test(p))
    .filter((p) => {
      try {
        return `\0${readFileSync(`/proc/${p}/environ`, 'latin1')}\0`.includes(mark) && readFileSync(`/proc/${p}/cmdline`, 'latin1') !== '';
      } catch {
        return false; // it has ended, or is somebody else's
      }
    })
    .map(Number);
}

/** Ends what a file's tests left running, after it had time to end by itself. */
async function sweep(file, dir) {
  let left = startedWith(dir);
  for (let i = 0; left.length && i < 50; i++) {
    await pause(100);
    left = startedWith(dir);
  }
  if (left.length) console.log(`${file}: ended what it left running: ${left.join(' ')}`);
  for (const pid of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has just ended
    }
  }
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

for (const file of files.sort()) {
  const started = Date.now();
  const dir = mkdtempSync(join(tmpdir(), 'referee-tests-'));
  chmodSync(dir, 0o711); // what a test starts as root may drop its rights, as Apache does, and still finds what is its own
  const status = await new Promise((done) => {
    const child = spawn(process.execPath, ['--test', '--test-reporter=spec', file], { cwd: here, stdio: 'inherit', env: { ...process.env, TMPDIR: dir } });
    const end = (signal) => child.kill(signal);
    for (const s of ['SIGINT', 'SIGTERM']) process.on(s, end);
    child.on('exit', (code) => {
      for (const s of ['SIGINT', 'SIGTERM']) process.off(s, end);
      done(code ?? 1);
    });
  });
  await sweep(file, dir);
  console.log(`${file}: ${status ? 'failed' : 'passed'} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (status) process.exitCode = 1;
}
