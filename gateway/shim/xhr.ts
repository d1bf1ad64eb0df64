// XMLHttpRequest: the same as fetch, for the older interface.

import type { Context, Scope } from './context';
import { mark } from './fetch';
import { hookMethod } from './hook';
import { NativeBlob, NativeDecoder, getOwnPropertyDescriptor, getter, listen, str, stringify, then, uncurry, weak } from './natives';
import { asked, noticeProblem } from './problem';

const proto = XMLHttpRequest.prototype;
const xhr = {
  status: getter(proto, 'status'),
  type: getter(proto, 'responseType'),
  response: getter(proto, 'response'),
  header: uncurry(proto.getResponseHeader),
  setHeader: uncurry(proto.setRequestHeader),
  credentials: getter(proto, 'withCredentials'),
  setCredentials: uncurry(getOwnPropertyDescriptor(proto, 'withCredentials')!.set!),
};
const blobText = uncurry(Blob.prototype.text);
const decode = uncurry(TextDecoder.prototype.decode);

interface Sent {
  sibling: boolean;
  accept: boolean;
  modal: boolean;
}

/** Reads a refusal whatever kind of answer the page had asked for. */
function text(request: XMLHttpRequest, done: (text: string) => void): void {
  const body = xhr.response(request);
  switch (xhr.type(request)) {
    case '':
    case 'text':
      return done(body);
    case 'json':
      return done(stringify(body));
    case 'arraybuffer':
      return done(decode(new NativeDecoder(), body));
    case 'blob':
      if (body instanceof NativeBlob) then(blobText(body), done, () => undefined);
  }
}

/** Hooks XMLHttpRequest. */
export function installXHR(ctx: Context, scope: Scope): void {
  const known = new WeakMap<XMLHttpRequest, Sent>();
  const p = scope.win.XMLHttpRequest && scope.win.XMLHttpRequest.prototype;

  function answered(this: XMLHttpRequest): void {
    const type = xhr.status(this) >= 400 && xhr.header(this, 'Content-Type');
    if (!type || str.indexOf(type, 'application/problem+json') !== 0) return;
    const sent: Sent = weak.get(known, this);
    text(this, (t) => noticeProblem(ctx, scope.win, t, sent.modal));
  }

  hookMethod(p, 'open', (pass, self, args) => {
    if (args.length > 1) {
      args[1] = ctx.urls.url('' + args[1]);
      const first = !weak.has(known, self);
      weak.set(known, self, { sibling: ctx.urls.sibling(args[1]), accept: false, modal: false });
      if (first) listen(self, 'load', answered);
    }
    return pass();
  });
  hookMethod(p, 'setRequestHeader', (pass, self, args) => {
    const sent: Sent | undefined = weak.get(known, self);
    if (sent && str.lower('' + args[0]) === 'accept') sent.accept = true;
    return pass();
  });
  hookMethod(p, 'send', (pass, self) => {
    const sent: Sent | undefined = weak.get(known, self);
    if (sent) sent.modal = asked(scope.win);
    if (sent && sent.sibling && !xhr.credentials(self)) {
      xhr.setCredentials(self, true);
      xhr.setHeader(self, 'Accept', (sent.accept ? '' : '*/*, ') + mark);
    }
    return pass();
  });
}
