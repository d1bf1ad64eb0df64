// Runs the browser tests one file after another, and says how long each took.
//
//   node run.mjs [name …]      all but the long one: bypass (some ten minutes), which `make test-bypass` runs
//   BROWSERS=firefox node run.mjs shim

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const long = ['bypass'];
const nameOf = (f) => f.replace('.test.mjs', '');
const files = readdirSync(here).filter((f) => f.endsWith('.test.mjs') && (wanted.length ? wanted.includes(nameOf(f)) : !long.includes(nameOf(f))));
if (!files.length) throw new Error(`no tests named ${wanted.join(', ')}`);

for (const file of files.sort()) {
  const started = Date.now();
  const status = await new Promise((done) => {
    const child = spawn(process.execPath, ['--test', '--test-reporter=spec', file], { cwd: here, stdio: 'inherit' });
    child.on('exit', (code) => done(code ?? 1));
  });
  console.log(`${file}: ${status ? 'failed' : 'passed'} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (status) process.exitCode = 1;
}
