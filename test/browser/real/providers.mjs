// The company's providers, real software that is started here and connected to Referee by its command line: npm's
// oidc-provider by its issuer, simpleSAMLphp by the metadata that it publishes.
//
// A provider: id, name as people see it, origin of its pages, said(), stop(). Both know the person "director".

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signingPair } from '../lib/authority.mjs';
import { until } from '../lib/driver.mjs';
import { freePort, read, start } from './program.mjs';

export const password = 'a-password-of-the-test';

const folder = (name) => fileURLToPath(new URL(`../../signin/${name}`, import.meta.url));

/** Starts oidc-provider, which serves TLS itself. */
async function openID(world, authority) {
  const id = 'npm';
  const host = 'oidc.provider.localhost';
  const dir = join(world.data, 'oidc-provider');
  mkdirSync(dir);
  const port = await freePort();
  const origin = `https://${host}:${port}`;
  const clientSecret = 'a-client-secret-of-the-test-0123456789';
  const secretFile = join(dir, 'secret');
  writeFileSync(secretFile, `${clientSecret}\n`, { mode: 0o600 });
  const settings = {
    issuer: origin, port, clientId: 'referee', clientSecret, password, redirectUri: `${world.info.signin}/${world.info.tenant}/callback/${id}`,
    ...authority.server('oidc-provider', [host]),
  };
  const program = await start(process.execPath, ['server.mjs'], { port, cwd: folder('oidcprovider'), env: { OIDC_PROVIDER: JSON.stringify(settings) } });
  const connected = async () => {
    await world.must('provider', 'add', id, '--name', 'oidc-provider', '--issuer', origin, '--client-id', 'referee', '--secret-file', secretFile, '--ca-file-of-provider', authority.file);
    await until(async () => (await world.cli('provider', 'test', id)).code === 0, 'oidc-provider to answer Referee');
  };
  return { id, name: 'oidc-provider', origin, connected, ...program };
}

/** Puts TLS in front of PHP's own server, which speaks none. */
function front({ key, cert }, port) {
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (req, res) => {
    const up = request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers: { ...req.headers, connection: 'close' }, agent: false }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    });
    up.on('error', () => res.destroy());
    req.pipe(up);
  });
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => done(server));
  });
}

/** Starts simpleSAMLphp. */
async function saml(world, authority) {
  const id = 'php';
  const host = 'saml.provider.localhost';
  const dir = join(world.data, 'simplesamlphp');
  for (const d of ['cert', 'log', 'data', 'tmp', 'sessions']) mkdirSync(join(dir, d), { recursive: true });
  signingPair(join(dir, 'cert'), 'idp');
  const port = await freePort();
  const server = await front(authority.server('simplesamlphp', [host]), port);
  const origin = `https://${host}:${server.address().port}`;
  const at = `${world.info.signin}/${world.info.tenant}/saml`;
  const program = await start('php', ['-d', `session.save_path=${dir}/sessions`, '-S', `127.0.0.1:${port}`, '-t', '/usr/share/simplesamlphp/www'], {
    port,
    env: { SIMPLESAMLPHP_CONFIG_DIR: folder('simplesamlphp/config'), SAML_PROVIDER: JSON.stringify({ origin, dir, sp: `${at}/sp/${id}`, acs: `${at}/acs/${id}`, password }) },
  }).catch((e) => {
    server.close();
    throw e;
  });
  const connected = async () => {
    const metadata = join(dir, 'metadata.xml');
    writeFileSync(metadata, await read(`${origin}/saml2/idp/metadata.php`, authority.file));
    await world.must('provider', 'add', id, '--name', 'simpleSAMLphp', '--metadata', metadata);
    await world.must('provider', 'test', id, '--metadata', metadata);
  };
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await program.stop();
  };
  return { id, name: 'simpleSAMLphp', origin, connected, ...program, stop };
}

/** Starts both as the tenant's only providers. */
export async function startProviders(world, authority) {
  const providers = [];
  const stop = () => Promise.all(providers.map((p) => p.stop()));
  try {
    for (const begin of [saml, openID]) {
      const provider = await begin(world, authority);
      providers.push(provider);
      await provider.connected();
    }
    await world.must('provider', 'remove', 'company');
  } catch (e) {
    await stop();
    throw new Error(`${e.message}\n${providers.map((p) => p.said()).join('\n')}`);
  }
  return { byID: Object.fromEntries(providers.map((p) => [p.id, p])), stop };
}
