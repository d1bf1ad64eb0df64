// The company's OpenID provider of the sign-in tests: oidc-provider as its package comes, with one person, one client
// and a sign-in form. It listens on loopback: over TLS where it is given a key, else the test puts TLS in front of it.
//
// OIDC_PROVIDER holds its settings as JSON: {issuer, port, clientId, clientSecret, redirectUri, password, key, cert},
// the last two PEM files.
import { generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.env.OIDC_PROVIDER);

const person = {
  sub: 'director', name: 'Director', email: 'director@contoso.example', email_verified: true, preferred_username: 'director@contoso.example',
  groups: ['Directors', 'Staff'],
};

const key = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' };

const provider = new Provider(settings.issuer, {
  clients: [{
    client_id: settings.clientId, client_secret: settings.clientSecret, redirect_uris: [settings.redirectUri], grant_types: ['authorization_code'],
    response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
  }],
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(24).toString('hex')] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false, // the ID token carries the claims, so that one trip is enough
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => (id === person.sub ? { accountId: id, claims: () => person } : undefined),
  // Nobody is asked for consent: the company decided for its people.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ accountId: ctx.oidc.session.accountId, clientId: ctx.oidc.client.clientId });
    grant.addOIDCScope('openid profile email groups');
    grant.addOIDCClaims(['name', 'preferred_username', 'groups', 'email', 'email_verified']);
    await grant.save();
    return grant;
  },
});
provider.proxy = !settings.key; // where TLS ends in front of it

const right = (given) => {
  const a = Buffer.from(String(given)), b = Buffer.from(settings.password);
  return a.length === b.length && timingSafeEqual(a, b);
};

const form = (uid, note = '') => `<!DOCTYPE html><html lang="en"><title>Sign in</title>
<h1>Sign in</h1><form method="post" action="/interaction/${uid}"><p>${note}</p>
<input name="username" value=""><input name="password" type="password" value=""><button type="submit">Sign in</button></form></html>`;

async function read(req) {
  let text = '';
  for await (const chunk of req) {
    text += chunk;
    if (text.length > 4096) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

async function interaction(req, res) {
  const { uid } = await provider.interactionDetails(req, res);
  const fields = req.method === 'POST' ? await read(req) : null;
  if (fields && fields.get('username') === person.sub && right(fields.get('password'))) {
    await provider.interactionFinished(req, res, { login: { accountId: person.sub, amr: ['pwd'] } }, { mergeWithLastSubmission: false });
    return;
  }
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.end(form(uid, fields ? 'Wrong name or password.' : ''));
}

const answer = provider.callback();
const serve = (req, res) => {
  if (!req.url.startsWith('/interaction/')) {
    answer(req, res);
    return;
  }
  interaction(req, res).catch((err) => {
    console.error(err);
    res.statusCode = 400;
    res.end('this sign-in is over\n');
  });
};
const server = settings.key ? createSecure({ key: readFileSync(settings.key), cert: readFileSync(settings.cert) }, serve) : createServer(serve);
server.listen(settings.port, '127.0.0.1');
