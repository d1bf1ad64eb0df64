// Starting and ending a demo, with a binary that behaves well, badly, and not at all.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startDemo } from './lib/demo.mjs';

const dir = mkdtempSync(join(tmpdir(), 'referee-demo-'));
after(() => rmSync(dir, { recursive: true, force: true }));

function binary(name, lines) {
  const file = join(dir, name);
  writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return file;
}
const gone = (pid) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch (e) {
    return e.code === 'ESRCH';
  }
};

test('a demo is ready with its line, and gone after stop', async () => {
  const demo = await startDemo({ dir, args: ['--advance', '7d'], binary: binary('good', `echo "{\\"pid\\":$$,\\"args\\":\\"$*\\"}"; exec sleep 600`) });
  assert.equal(demo.info.args, 'demo --json --advance 7d');
  await demo.stop();
  assert.ok(gone(demo.info.pid));
  await demo.stop();
});

test('one that ends early tells its last lines', async () => {
  await assert.rejects(startDemo({ dir, binary: binary('early', 'echo "port is taken" >&2; exit 3') }), /ended \(3\)[^]*port is taken/);
});

test('one that is late, talks nonsense or is not there', async () => {
  await assert.rejects(startDemo({ dir, ms: 200, binary: binary('late', 'exec sleep 600') }), /not ready in 200 ms/);
  await assert.rejects(startDemo({ dir, binary: binary('odd', 'echo hello; exec sleep 600') }), /not JSON: hello/);
  await assert.rejects(startDemo({ dir, binary: join(dir, 'none') }), /ENOENT/);
  await assert.rejects(startDemo({ dir, binary: '' }), /REFEREE_BIN/);
});
