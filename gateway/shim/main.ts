// The client script's entry: reads its configuration, says hello, and installs one subject after
// another in this document's realm and in those that inherit from it.
//
// It runs before any other script of the page, in the page's own world. What it does deters and
// shows; what is enforced is enforced on bytes at the gateway.

import { installCanvas } from './canvas';
import { installClipboard } from './clipboard';
import { readSetup } from './config';
import type { Config } from './config';
import { newContext, newScope } from './context';
import type { Realm, Scope } from './context';
import { installCookies } from './cookies';
import { installDiscover } from './discover';
import { installDrag } from './drag';
import { installElements } from './elements';
import { installFetch } from './fetch';
import { installFrames, newFrames } from './frames';
import { hookMethod, hooksOf } from './hook';
import { NativeCustomEvent, dispatch, ev, fetchNative, getPrototypeOf, later, parse, resolved, response, then, unlater, weak } from './natives';
import { newNotices } from './notice';
import { installUse, observeTree } from './observe';
import { installPickers } from './pickers';
import { installPrint } from './print';
import { newReporter } from './report';
import { installSave } from './save';
import { installSinks } from './sinks';
import { installUpload } from './upload';
import { newURLMap } from './urlmap';
import { installXHR } from './xhr';

const setup = readSetup(document);
const hello = new NativeCustomEvent('referee:hello', { cancelable: true });
// Prevented: an earlier run of the script looks after this window already.
if (setup && dispatch(window, hello)) start(setup.cfg, setup.doc);

function start(cfg: Config, doc: string): void {
  const report = newReporter(doc, cfg.origin + cfg.report);
  const urls = newURLMap(cfg.hosts, () => document.baseURI, cfg.origin);
  const ctx = newContext(cfg, urls, report, newNotices(cfg, refresh), refresh);
  const scopes = new WeakMap<object, Scope>();
  const observed = new WeakMap<Node, boolean>();
  const frames = newFrames(install, redo);

  function observe(root: Node): void {
    if (!weak.has(observed, root)) observeTree(ctx, root, frames.frame);
    weak.set(observed, root, true);
    frames.follow(root);
  }

  function install(win: Realm): void {
    const scope = newScope(win);
    weak.set(scopes, getPrototypeOf(win), scope);
    hooksOf(scope, () => {
      scope.on('referee:hello', (e: Event) => {
        // A frame that got a page from the gateway in the same window: that page's script takes over.
        if (win !== window && /^https?:/.test(win.document.URL)) scope.live = false;
        else ev.prevent(e);
      });
      scope.on('referee:notice', (e: CustomEvent) => {
        ev.prevent(e);
        ctx.notices.shown(win, String(e.detail));
      });
      scope.on('pagehide', report.flush);
      // srcdoc comes into the window that about:blank had, with a document of its own.
      scope.on('DOMContentLoaded', () => redo(win));
      installSinks(ctx, scope);
      installElements(ctx, scope);
      installUse(ctx, scope);
      installFetch(ctx, scope);
      installXHR(ctx, scope);
      installCookies(scope);
      installClipboard(ctx, scope);
      installUpload(ctx, scope);
      installSave(ctx, scope, frames.enter);
      installPickers(ctx, scope);
      installPrint(ctx, scope);
      installDrag(ctx, scope);
      installCanvas(ctx, scope);
      installFrames(scope, frames);
      hookMethod(win.Element.prototype, 'attachShadow', (pass) => {
        const root = pass();
        observe(root);
        return root;
      });
      const rewritten = (pass: () => any, self: any) => {
        const out = pass();
        if (self && self.defaultView) redo(self.defaultView);
        return out;
      };
      for (const name of ['open', 'write', 'writeln']) hookMethod(win.Document.prototype, name, rewritten);
      observe(win.document);
    });
  }

  /** Installs again what a new document in an old window lost. */
  function redo(win: Realm): void {
    const scope: Scope | undefined = weak.get(scopes, getPrototypeOf(win));
    if (!scope || !scope.live) return;
    scope.relisten();
    observe(win.document);
  }

  let asking = 0;

  /** Asks again later, when something that is open now ends. */
  function recheck(seconds: number | undefined): void {
    unlater(asking);
    if (seconds && seconds > 0) asking = later(refresh, seconds * 1000);
  }

  /** Asks the gateway what holds now, after a person was at the broker. Only the gateway grants. */
  function refresh(): Promise<void> {
    if (!cfg.refresh) return resolved(undefined);
    const answered = then(fetchNative(cfg.origin + cfg.refresh, { credentials: 'same-origin' }), (r: Response) =>
      response.status(r) === 200 ? response.text(r) : '',
    );
    return then(
      answered,
      (text: string) => {
        const now = (text && parse(text)) || {};
        // fail closed: an answer without controls changes nothing
        cfg.controls = now.controls || cfg.controls;
        recheck(now.again);
      },
      () => undefined,
    );
  }

  // A frame's navigation mints no session at its host, a page's own request does: so a sibling host is visited
  // before a frame of it asks. What fails here shows as a frame that asks to sign in.
  if (window === window.top) {
    for (const origin of cfg.warm || []) {
      then(
        fetchNative(origin + '/.referee/warm', { mode: 'cors', credentials: 'include' }),
        () => undefined,
        () => undefined,
      );
    }
  }
  report.add({ type: 'hello' });
  recheck(cfg.again);
  if (window === window.top) installDiscover(ctx);
  install(window);
}
