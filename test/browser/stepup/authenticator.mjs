// What people confirm with: an authenticator app by its key, and a virtual security key in Chromium.

import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const stepTime = 30;

function base32(text) {
  let bits = 0;
  let held = 0;
  const out = [];
  for (const c of text.replace(/\s/g, '')) {
    held = (held << 5) | alphabet.indexOf(c);
    if ((bits += 5) >= 8) out.push((held >> (bits -= 8)) & 0xff);
    held &= 0xff;
  }
  return Buffer.from(out);
}

/** The code of a time step (RFC 6238 with the parameters that all apps have). */
export function codeAt(key, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', base32(key)).update(counter).digest();
  const at = mac[mac.length - 1] & 0x0f;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** An authenticator app that never shows a code twice: a code that was used is refused, so it waits for the next. */
export function newApp(key) {
  let last = 0;
  return {
    async code() {
      const now = () => Math.floor(Date.now() / 1000 / stepTime);
      // One step of drift is allowed, so the next code may be given a little early.
      while (last > now()) await new Promise((r) => setTimeout(r, 250));
      last = Math.max(last + 1, now());
      return codeAt(key, last);
    },
    /** Six digits that are no code now. */
    wrong() {
      const now = Math.floor(Date.now() / 1000 / stepTime);
      const near = [-2, -1, 0, 1, 2].map((d) => codeAt(key, now + d));
      return ['000000', '111111', '222222', '333333', '444444', '555555'].find((c) => !near.includes(c));
    },
  };
}

/** A security key of a page's own, by Chromium's protocol for tests of WebAuthn. */
export async function newKey(page, options = {}) {
  const cdp = await page.cdp();
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options },
  });
  const own = { authenticatorId };
  return {
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', own)).credentials,
    add: (credential) => cdp.send('WebAuthn.addCredential', { ...own, credential }),
    clear: () => cdp.send('WebAuthn.clearCredentials', own),
    /** Whether its owner is recognised, by finger or PIN. */
    verified: (yes) => cdp.send('WebAuthn.setUserVerified', { ...own, isUserVerified: yes }),
  };
}
