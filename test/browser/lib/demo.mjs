// A running demo to test against: starts the built binary, and ends it by its process.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Starts `$REFEREE_BIN demo --json` in `dir` and waits for its one line of JSON, which tells
 * addresses, accounts, the authority's file, the device's certificate and the administrator's token.
 * Returns { info, log, stop() }; the process gets more arguments by `args`.
 */
export async function startDemo({ binary = process.env.REFEREE_BIN, dir, args = [], ms = 60_000 }) {
  if (!binary) throw new Error('REFEREE_BIN names no binary: make build, then REFEREE_BIN=bin/referee');
  const child = spawn(binary, ['demo', '--json', ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (l) => log.push(l));
  const ended = new Promise((r) => child.once('exit', (code, signal) => r(signal || code)));
  child.once('error', (e) => log.push(String(e)));

  let timer;
  const first = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => {
      try {
        resolve(JSON.parse(line));
      } catch (e) {
        reject(new Error(`the demo's first line is not JSON: ${line.slice(0, 200)} (${e.message})`));
      }
    });
    ended.then((how) => reject(new Error(`the demo ended (${how}) before it was ready:\n${log.slice(-20).join('\n')}`)));
    child.once('error', reject);
    timer = setTimeout(() => reject(new Error(`the demo was not ready in ${ms} ms:\n${log.slice(-20).join('\n')}`)), ms);
  });

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(hard);
  }

  try {
    return { info: await first, log, stop };
  } catch (e) {
    if (child.pid) await stop();
    throw e;
  } finally {
    clearTimeout(timer);
  }
}
