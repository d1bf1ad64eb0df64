// Cases that don't pass, and why. `in` names the one browser.

const messages = 'A window of another origin has its own postMessage, which no script of the page can wrap: an origin that a script puts together from parts is the real one, and the browser does not deliver. Origins written out are mapped.';
const inWorkers = 'The client script does not run in workers yet: an address that a worker puts together from parts leads to the real host. Addresses written out are mapped.';

export const open = {
  'cookies: set by script for the whole domain': { why: 'A cookie that script sets for a whole domain stays with the host it was set at: the browser lets no script of one mapped host set cookies for another, and telling the gateway is not built yet.' },
  'messages: host put together at run time': { why: messages },
  'workers: blob, host put together at run time': { why: inWorkers },
  'dynamic: reports reach the app': { in: 'firefox', why: 'Firefox sends a policy’s reports without cookies, so the gateway does not know whose they are, and refuses them.' },
  'uploads: form with an own address': { why: 'Forms with files (multipart/form-data) go to the app as they are, lengths included; addresses in their fields are the mapped ones. Other forms and JSON are mapped back.' },
};
