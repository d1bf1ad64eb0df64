// XMLHttpRequest: the same as fetch, for the older interface.

import type { Context, Scope } from './context';
import { mark } from './fetch';
import { hookConstructor, hookMethod } from './hook';
import {
  NativeBlob, NativeDecoder, NativeEvent, NativeProgress, dispatch, ev, getOwnPropertyDescriptor, getter, listen, push, resolved, str, stringify, then, uncurry, weak,
} from './natives';
import { asked, noticeProblem, stepUp, waits } from './problem';

const proto = XMLHttpRequest.prototype;
const xhr = {
  open: uncurry(proto.open),
  send: uncurry(proto.send),
  state: getter(proto, 'readyState'),
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
const done = 4;

/** All that a page can hear of a request's answer. */
const heard = ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort', 'timeout'];

interface Sent {
  /** Arguments of open. */
  args: any[];
  headers: [string, string][];
  sibling: boolean;
  accept: boolean;
  modal: boolean;
  /** The answer waits for a step-up, and the page hears nothing of it. */
  held: boolean;
  /** Our own calls and events: `quiet` is kept from the page, `ours` is for it. */
  quiet: boolean;
  ours: boolean;
}

/** Reads a refusal whatever kind of answer the page had asked for; '' when it can't be read. */
function text(request: XMLHttpRequest, read: (text: string) => void): void {
  const body = xhr.response(request);
  switch (xhr.type(request)) {
    case '':
    case 'text':
      return read(body);
    case 'json':
      return read(stringify(body));
    case 'arraybuffer':
      return read(decode(new NativeDecoder(), body));
    case 'blob':
      if (body instanceof NativeBlob) return void then(blobText(body), read, () => read(''));
  }
  read('');
}

const problemType = (request: XMLHttpRequest): string => {
  const type = xhr.status(request) >= 400 && xhr.header(request, 'Content-Type');
  return type && str.indexOf(type, 'application/problem+json') === 0 ? type : '';
};

/** Tells the page of an answer that was kept from it. */
function release(request: XMLHttpRequest, sent: Sent, ...types: string[]): void {
  sent.held = false;
  sent.ours = true;
  for (const type of types) dispatch(request, type === 'readystatechange' ? new NativeEvent(type) : new NativeProgress(type));
  sent.ours = false;
}

/** Sends a request again; the page hears of that answer alone. */
function again(request: XMLHttpRequest, sent: Sent, resume: string | undefined): void {
  sent.held = false;
  sent.quiet = true;
  if (resume) {
    xhr.open(request, 'POST', resume, true);
    xhr.setCredentials(request, true);
  } else {
    xhr.open(request, ...sent.args);
    for (const [name, value] of sent.headers) xhr.setHeader(request, name, value);
  }
  xhr.send(request, null); // what is resumed lies at the gateway, and a GET has no body
  sent.quiet = false;
}

/** Hooks XMLHttpRequest. */
export function installXHR(ctx: Context, scope: Scope): void {
  const known = new WeakMap<XMLHttpRequest, Sent>();
  const p = scope.win.XMLHttpRequest && scope.win.XMLHttpRequest.prototype;

  /** Hears every event first, and keeps from the page what it is not to hear. */
  function hear(this: XMLHttpRequest, e: Event): void {
    const sent: Sent | undefined = weak.get(known, this);
    if (!sent || sent.ours) return;
    if (sent.quiet) return ev.stop(e);
    const changed = e.type === 'readystatechange';
    // A page that waits for its answer in the call itself can't be made to wait for a person.
    if (changed && !sent.held && sent.args[2] !== false && xhr.state(this) > 1) sent.held = waits(problemType(this));
    if (!sent.held) {
      if (e.type === 'load' && problemType(this)) text(this, (t) => noticeProblem(ctx, scope.win, t, sent.modal));
      return;
    }
    if (e.type === 'error' || e.type === 'abort' || e.type === 'timeout' || (changed && xhr.status(this) === 0)) {
      sent.held = false; // it broke off: that is what the page hears
      return;
    }
    ev.stop(e);
    if (e.type === 'load') wait(this, sent);
  }

  function wait(request: XMLHttpRequest, sent: Sent): void {
    text(request, (t) => {
      noticeProblem(ctx, scope.win, t, sent.modal);
      const p = stepUp(ctx, t);
      const method = str.lower('' + sent.args[0]);
      const can = p && (p.resume || method === 'get' || method === 'head');
      then(can ? ctx.confirmed(p.watch) : resolved(false), (yes: boolean) => {
        if (weak.get(known, request) !== sent || !sent.held) return; // the page has given it up
        if (yes) again(request, sent, p!.resume);
        else release(request, sent, 'readystatechange', 'load', 'loadend');
      });
    });
  }

  // Listeners of a request are called in the order in which they were added, in Chromium even those for capturing: so
  // this one is added before the page has the object.
  const listening = new WeakMap<XMLHttpRequest, boolean>();
  const follow = (request: XMLHttpRequest): void => {
    if (weak.has(listening, request)) return;
    weak.set(listening, request, true);
    for (const type of heard) listen(request, type, hear, true);
  };
  hookConstructor(scope.win, 'XMLHttpRequest', () => undefined, follow);

  hookMethod(p, 'open', (pass, self, args) => {
    if (args.length > 1) {
      args[1] = ctx.urls.url('' + args[1]);
      const open = [...args];
      if (open.length > 2) open[2] = !!open[2];
      weak.set(known, self, { args: open, headers: [], sibling: ctx.urls.sibling(args[1]), accept: false, modal: false, held: false, quiet: false, ours: false });
      follow(self);
    }
    return pass();
  });
  hookMethod(p, 'setRequestHeader', (pass, self, args) => {
    const out = pass();
    const sent: Sent | undefined = weak.get(known, self);
    if (sent) {
      if (str.lower('' + args[0]) === 'accept') sent.accept = true;
      push(sent.headers, ['' + args[0], '' + args[1]]);
    }
    return out;
  });
  hookMethod(p, 'send', (pass, self) => {
    const sent: Sent | undefined = weak.get(known, self);
    if (sent) sent.modal = asked(scope.win);
    if (sent && sent.sibling && !xhr.credentials(self)) {
      const accept = (sent.accept ? '' : '*/*, ') + mark;
      xhr.setCredentials(self, true);
      xhr.setHeader(self, 'Accept', accept);
      push(sent.headers, ['Accept', accept]);
    }
    return pass();
  });
  hookMethod(p, 'abort', (pass, self) => {
    const sent: Sent | undefined = weak.get(known, self);
    const held = sent && sent.held;
    if (sent) sent.held = false;
    const whole = held && xhr.state(self) === done; // the browser has nothing left to abort, the page has
    const out = pass();
    if (whole) release(self, sent!, 'abort', 'loadend');
    return out;
  });
}
