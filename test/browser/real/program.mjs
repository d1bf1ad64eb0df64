// Programs that run as ordinary processes on ports of loopback, and what they publish there.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect, createServer } from 'node:net';
import { until } from '../lib/driver.mjs';

/** A port that is free now; the program that is started next takes it. */
export const freePort = () =>
  new Promise((done, failed) => {
    const s = createServer();
    s.once('error', failed);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

const listens = (port) =>
  new Promise((done) => {
    const s = connect(port, '127.0.0.1');
    s.once('connect', () => {
      s.destroy();
      done(true);
    });
    s.once('error', () => done(false));
  });

/** Starts a program and waits until it listens on its port: { said(), stop() }. */
export async function start(name, args, { port, cwd, env }) {
  // In a group of its own: Apache signals its whole group when it ends.
  const child = spawn(name, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let text = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', (d) => (text = (text + d).slice(-20_000)));
  let over = false;
  const ended = new Promise((done) => {
    child.once('exit', done);
    child.once('error', (e) => {
      text += e;
      done();
    });
  }).then(() => (over = true));
  const program = {
    said: () => text,
    async stop() {
      if (over) return;
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(hard);
    },
  };
  try {
    await until(async () => over || (await listens(port)), `${name} on port ${port}`, 60_000);
    if (over) throw new Error(`${name} ended`);
  } catch (e) {
    await program.stop();
    throw new Error(`${e.message}\n${text}`);
  }
  return program;
}

/** Reads an https address of this machine, whatever its name, and trusts an authority's file for it. */
export const read = (address, authority) =>
  new Promise((done, failed) => {
    const u = new URL(address);
    const to = { host: '127.0.0.1', port: u.port, path: u.pathname + u.search, servername: u.hostname, headers: { Host: u.host }, ca: readFileSync(authority), agent: false };
    get(to, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (d) => (text += d));
      res.on('error', failed);
      res.on('end', () => (res.statusCode === 200 ? done(text) : failed(new Error(`${address}: ${res.statusCode}\n${text.slice(0, 1000)}`))));
    }).on('error', failed);
  });
