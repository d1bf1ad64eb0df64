// Elements that came in as text (innerHTML, document.write, templates) or by attribute nodes:
// one observer a document mends them, and clicks and submissions are mended as they happen.

import type { Context, Scope } from './context';
import { addressAttrs, srcsetAttrs } from './elements';
import { hookMethod } from './hook';
import { NativeObserver, el, ev, getter, str, uncurry } from './natives';

const observe = uncurry(MutationObserver.prototype.observe);
const added = getter(MutationRecord.prototype, 'addedNodes');
const target = getter(MutationRecord.prototype, 'target');
const attribute = getter(MutationRecord.prototype, 'attributeName');
const nodeType = getter(Node.prototype, 'nodeType');

const watched = ['src', 'href', 'action', 'formaction', 'poster', 'data', 'srcset', 'imagesrcset'];
const selector = '[src],[href],[action],[formaction],[poster],[data],[srcset],[imagesrcset]';

/** Maps the addresses of one element. */
function mend(ctx: Context, e: Element): void {
  for (let i = 0; i < addressAttrs.length; i++) mendOne(e, addressAttrs[i], ctx.urls.url);
  for (let i = 0; i < srcsetAttrs.length; i++) mendOne(e, srcsetAttrs[i], ctx.urls.srcset);
}

function mendOne(e: Element, name: string, how: (s: string) => string): void {
  const value: string | null = el.getAttr(e, name);
  if (!value) return;
  const mapped = how(value);
  if (mapped !== value) el.setAttr(e, name, mapped);
}

/** Maps everything in a subtree, its root included, and hands its frames over. */
function mendTree(ctx: Context, root: any, frame: (f: Element) => void): void {
  const type = nodeType(root);
  if (type !== 1 && type !== 9 && type !== 11) return;
  if (type === 1) {
    if (el.matches(root, selector)) mend(ctx, root);
    if (el.matches(root, 'iframe,frame,object')) frame(root);
  }
  const query = type === 1 ? el.query : type === 9 ? el.queryDoc : el.queryFragment;
  const found = query(root, selector);
  for (let i = 0; i < found.length; i++) mend(ctx, found[i]);
  const frames = query(root, 'iframe,frame,object');
  for (let i = 0; i < frames.length; i++) frame(frames[i]);
}

/** Watches a document or shadow root; `frame` is called for each frame that appears. */
export function observeTree(ctx: Context, root: Node, frame: (f: Element) => void): void {
  const seen = (records: MutationRecord[]) => {
    for (let i = 0; i < records.length; i++) {
      const r = records[i];
      const name: string | null = attribute(r);
      if (name) {
        mendOne(target(r), name, str.indexOf(name, 'srcset') < 0 ? ctx.urls.url : ctx.urls.srcset);
        continue;
      }
      const nodes = added(r);
      for (let k = 0; k < nodes.length; k++) mendTree(ctx, nodes[k], frame);
    }
  };
  observe(new NativeObserver(seen), root, { subtree: true, childList: true, attributes: true, attributeFilter: watched });
  mendTree(ctx, root, frame);
}

/** The link or form control an event is about, also inside open shadow trees. */
export function inPath(e: Event, names: string): Element | undefined {
  const path: EventTarget[] = ev.path(e);
  for (let i = 0; i < path.length; i++) {
    const node = path[i] as any;
    if (node && node.nodeType === 1 && el.matches(node, names)) return node;
  }
  return undefined;
}

/** Mends links and forms at the moment they are used. */
export function installUse(ctx: Context, scope: Scope): void {
  const link = (e: Event) => {
    const a = inPath(e, 'a,area');
    if (a) mend(ctx, a);
  };
  scope.on('click', link);
  scope.on('auxclick', link);
  scope.on('submit', (e: SubmitEvent) => {
    const form = ev.path(e)[0];
    if (form && el.name(form) === 'form') mend(ctx, form);
    if (e.submitter) mend(ctx, e.submitter);
  });
  hookMethod(scope.win.HTMLFormElement.prototype, 'submit', (pass, self) => {
    mend(ctx, self);
    return pass();
  });
}
