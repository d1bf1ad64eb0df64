// A certificate authority for one test run, made with the openssl command.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a key with a certificate of its own, as SAML software signs with: { key, cert }, files. */
export function signingPair(dir, name) {
  const pair = { key: join(dir, `${name}.key`), cert: join(dir, `${name}.crt`) };
  openssl(['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', pair.key, '-out', pair.cert, '-subj', `/CN=${name}`, '-days', '2']);
  return pair;
}

/** Makes an authority in `dir`, which must exist. */
export function newAuthority(dir) {
  const key = join(dir, 'ca.key');
  const file = join(dir, 'ca.pem');
  openssl([
    'req', '-x509', ...curve, '-keyout', key, '-out', file, '-subj', '/CN=Referee browser tests', '-days', '2',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
  ]);

  function issue(name, subject, extensions) {
    const at = (end) => join(dir, `${name}.${end}`);
    openssl(['req', ...curve, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${subject}`]);
    writeFileSync(at('ext'), extensions);
    openssl(['x509', '-req', '-in', at('csr'), '-CA', file, '-CAkey', key, '-CAcreateserial', '-days', '2', '-extfile', at('ext'), '-out', at('pem')]);
    return { key: at('key'), cert: at('pem') };
  }

  return {
    file,
    /** A server certificate for DNS names; wildcards are allowed. */
    server(name, hosts) {
      return issue(name, hosts[0], `subjectAltName=${hosts.map((h) => `DNS:${h}`).join(',')}\nextendedKeyUsage=serverAuth\n`);
    },
    /** A client certificate as PKCS#12: { file, password }. */
    client(name, subject) {
      const pair = issue(name, subject, 'extendedKeyUsage=clientAuth\n');
      const p12 = join(dir, `${name}.p12`);
      openssl(['pkcs12', '-export', '-inkey', pair.key, '-in', pair.cert, '-name', subject, '-passout', 'pass:test', '-out', p12]);
      return { file: p12, password: 'test' };
    },
  };
}
