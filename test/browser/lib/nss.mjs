// Certificates in a profile's own NSS database. Nothing is trusted beyond the profile, and no
// certificate error is ever ignored.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/**
 * Makes a database in `dir`, trusts the certificate authorities, and imports client certificates.
 * `clients` are PKCS#12 files: { file, password }.
 */
export function nssProfile(dir, authorities, clients = []) {
  mkdirSync(dir, { recursive: true });
  const db = `sql:${dir}`;
  const run = (tool, args) => execFileSync(tool, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  run('certutil', ['-d', db, '-N', '--empty-password']);
  authorities.forEach((file, i) => run('certutil', ['-d', db, '-A', '-t', 'C,,', '-n', `authority ${i}`, '-i', file]));
  for (const { file, password } of clients) run('pk12util', ['-d', db, '-i', file, '-W', password]);
}
