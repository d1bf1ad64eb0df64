// Apps that sign people in by modules of Apache: one by OpenID (mod_auth_openidc), one by SAML (mod_auth_mellon).
// Each has a page that names the person, as its module does, and a file. They are attached to Referee by its command line,
// under the policies that the demo has for OneDrive.
//
// An app: id, module, origin, mapped host; start, where a deep link at its own address ends; signOut, its own address for that, at the mapped host.

import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { signingPair } from '../lib/authority.mjs';
import { freePort, read, start } from './program.mjs';

const secret = 'a-client-secret-of-the-apps-test-0123456789';

/** A deep link. */
export const deep = '/board/paper.html?from=mail';

/** The two, with the environment variables in which their modules tell the app who it is. */
const kinds = [
  // Its state tells nobody which page it is for: begun at its own address, it begins again at the root of the mapped host.
  { id: 'papers-openid', module: 'mod_auth_openidc', host: 'oidc.app.localhost', name: 'OIDC_CLAIM_name', start: '/', signOut: (a) => `/oidc/callback?logout=${encodeURIComponent(`${a.origin}/`)}` },
  { id: 'papers-saml', module: 'mod_auth_mellon', host: 'mellon.app.localhost', name: 'MELLON_name', start: deep, signOut: () => '/mellon/logout?ReturnTo=%2F' },
];

const page = (name) => `<!DOCTYPE html><html lang="en"><title>Board paper</title>
<h1>Board paper</h1><p id="person"><!--#echo var="${name}" -->, <!--#echo var="REMOTE_USER" --></p><p><a id="take" href="/papers/Quarter.csv">Quarter.csv</a></p></html>
`;

const federation = {
  mod_auth_openidc: (origin) => ({
    protocol: 'oidc', clientId: 'papers-openid', clientSecretFile: 'secret', redirectUris: [`${origin}/oidc/callback`], postLogoutRedirectUris: [`${origin}/`],
  }),
  mod_auth_mellon: (origin, certificate) => ({
    protocol: 'saml',
    saml: { entityId: `${origin}/mellon/metadata`, consumers: [`${origin}/mellon/postResponse`], logoutUri: `${origin}/mellon/logout`, certificates: [certificate] },
  }),
};

const signIn = {
  mod_auth_openidc: (dir, origin, issuer) => `
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCCABundlePath ${dir}/roots.pem
OIDCClientID papers-openid
OIDCClientSecret ${secret}
OIDCRedirectURI ${origin}/oidc/callback
OIDCCryptoPassphrase of-the-test-alone-0123456789
OIDCScope "openid profile email groups"
OIDCPKCEMethod S256
OIDCRemoteUserClaim email
<Location />
 AuthType openid-connect
 Require valid-user
</Location>`,
  mod_auth_mellon: (dir, origin) => `
<Location />
 AuthType Mellon
 MellonEnable auth
 MellonEndpointPath /mellon
 MellonSPentityId ${origin}/mellon/metadata
 MellonSPPrivateKeyFile ${dir}/sp.key
 MellonSPCertFile ${dir}/sp.crt
 MellonIdPMetadataFile ${dir}/referee.xml
 MellonSecureCookie On
 MellonUser email
 Require valid-user
</Location>`,
};

const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'mime', 'include', 'socache_shmcb', 'ssl', 'auth_openidc', 'auth_mellon'];

/** One configuration for both: TLS, sign-in at Referee, pages. */
const configuration = (dir, port, apps, issuer) => `ServerRoot ${dir}
DefaultRuntimeDir ${dir}/run
PidFile ${dir}/run/pid
Mutex file:${dir}/run default
ErrorLog ${dir}/error.log
LogLevel warn
${process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : ''}
${modules.map((m) => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`).join('\n')}
Listen 127.0.0.1:${port}
ServerName localhost
TypesConfig ${dir}/types
AddOutputFilter INCLUDES html
MellonPostDirectory ${dir}/run
MellonLockFile ${dir}/run/mellon.lock
${apps
  .map(
    (a) => `<VirtualHost 127.0.0.1:${port}>
ServerName ${a.origin}
UseCanonicalName On
DocumentRoot ${dir}/${a.id}
SSLEngine on
SSLCertificateFile ${a.tls.cert}
SSLCertificateKeyFile ${a.tls.key}
<Directory ${dir}/${a.id}>
 Options +Includes
</Directory>${signIn[a.module](dir, a.origin, issuer)}
</VirtualHost>`,
  )
  .join('\n')}
`;

/** Starts both in one Apache: { byModule, said(), stop() }. */
export async function startApps(world, authority) {
  const dir = mkdtempSync(join(tmpdir(), 'referee-apache-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const log = join(dir, 'error.log');
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  try {
    chmodSync(dir, 0o755); // Apache's own user reads it
    const port = await freePort();
    const suffix = world.info.mappedHosts.app.replace(/^[^.]+/, '');
    const apps = kinds.map((k) => ({ ...k, real: `${k.host}:${port}`, origin: `https://${k.host}:${port}`, mapped: k.id + suffix, tls: authority.server(k.id, [k.host]) }));
    const issuer = `${world.info.signin}/${world.info.tenant}`;
    const pair = signingPair(dir, 'sp');
    chmodSync(pair.key, 0o644);
    const files = {
      'apache.conf': configuration(dir, port, apps, issuer), types: 'text/html html\ntext/csv csv\n', 'run/keep': '', secret,
      'referee.xml': await read(`${issuer}/saml/metadata?app=papers-saml`, world.info.ca),
    };
    for (const a of apps) {
      files[`${a.id}/board/paper.html`] = page(a.name);
      files[`${a.id}/papers/Quarter.csv`] = 'region,amount\nnorth,120\nsouth,90\n';
      files[`${a.id}.json`] = JSON.stringify({
        id: a.id, app: 'onedrive', name: `Papers by ${a.module}`, route: 'sso', hosts: [{ name: a.real, role: 'app', label: a.id }],
        federation: federation[a.module](a.origin, readFileSync(pair.cert, 'utf8')), profile: { downloads: ['/papers/**'] },
        origins: { [a.real]: `127.0.0.1:${port}` }, caFile: authority.file,
      });
    }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text, { mode: 0o644 });
    }
    copyFileSync(world.info.ca, join(dir, 'roots.pem'));
    chmodSync(join(dir, 'roots.pem'), 0o644);
    if (process.getuid() === 0) chmodSync(join(dir, 'run'), 0o777); // what the modules keep there
    for (const a of apps) await world.must('app', 'add', join(dir, `${a.id}.json`));
    const program = await start('/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', join(dir, 'apache.conf')], { port });
    const stop = () => program.stop().finally(remove);
    return { byModule: Object.fromEntries(apps.map((a) => [a.module, a])), said, stop };
  } catch (e) {
    const more = said();
    remove();
    throw new Error(`${e.message}\n${more}`, { cause: e });
  }
}
