// Addresses in elements: property setters and setAttribute, before the browser fetches anything.
// What gets in by other ways (innerHTML, templates, attribute nodes) is observe.ts's.

import type { Context, Scope } from './context';
import { hookMethod, hookProperty } from './hook';
import { el, str } from './natives';
import { trusted } from './trusted';

/** Attributes that hold one address, and those that hold a list for several densities. */
export const addressAttrs = ['src', 'href', 'action', 'formaction', 'poster', 'data', 'xlink:href', 'manifest', 'background'];
export const srcsetAttrs = ['srcset', 'imagesrcset'];

const kinds: Record<string, 1 | 2 | 3> = { __proto__: null } as any; // 3: decides about credentials only
for (const a of addressAttrs) kinds[a] = 1;
for (const a of srcsetAttrs) kinds[a] = 2;
for (const a of ['type', 'rel', 'crossorigin']) kinds[a] = 3;

const properties: Record<string, string[]> = {
  HTMLAnchorElement: ['href'],
  HTMLAreaElement: ['href'],
  HTMLBaseElement: ['href'],
  HTMLLinkElement: ['href', 'imageSrcset', 'rel', 'crossOrigin'],
  HTMLScriptElement: ['src', 'type', 'crossOrigin'],
  HTMLImageElement: ['src', 'srcset', 'crossOrigin'],
  HTMLSourceElement: ['src', 'srcset'],
  HTMLMediaElement: ['src', 'crossOrigin'],
  HTMLVideoElement: ['poster'],
  HTMLTrackElement: ['src'],
  HTMLIFrameElement: ['src'],
  HTMLFrameElement: ['src'],
  HTMLEmbedElement: ['src'],
  HTMLObjectElement: ['data'],
  HTMLInputElement: ['src', 'formAction'],
  HTMLButtonElement: ['formAction'],
  HTMLFormElement: ['action'],
};

/** Turns the value of an attribute into what the browser shall see. */
function mapValue(ctx: Context, scope: Scope, name: string, value: unknown): unknown {
  if (kinds[name] === 2) return ctx.urls.srcset('' + value);
  return trusted(scope.win, value, ctx.urls.url);
}

/**
 * Asks for credentials where the browser would send none to a sibling host: module scripts, and
 * elements marked crossorigin="anonymous". Fonts are left: a preload must match the style sheet's
 * own request, which never carries any.
 */
function credit(ctx: Context, e: Element): void {
  const name = el.name(e);
  if (name !== 'script' && name !== 'link' && name !== 'img' && name !== 'audio' && name !== 'video') return;
  const address = el.getAttr(e, name === 'link' ? 'href' : 'src');
  if (!address || !ctx.urls.sibling(address)) return;
  const cross = el.getAttr(e, 'crossorigin');
  if (cross && str.lower(cross) === 'use-credentials') return;
  const module =
    (name === 'script' && str.lower(el.getAttr(e, 'type') || '') === 'module') ||
    (name === 'link' && str.lower(el.getAttr(e, 'rel') || '') === 'modulepreload');
  if (cross === null && !module) return;
  if (name === 'link' && str.lower(el.getAttr(e, 'as') || '') === 'font') return;
  el.setAttr(e, 'crossorigin', 'use-credentials');
}

/** Hooks the setters of a realm's elements. */
export function installElements(ctx: Context, scope: Scope): void {
  const { win } = scope;
  for (const type in properties) {
    const proto = (win as any)[type] && (win as any)[type].prototype;
    for (const property of properties[type]) {
      const name = str.lower(property);
      hookProperty(proto, property, (pass, self, args) => {
        if (kinds[name] !== 3) args[0] = mapValue(ctx, scope, name, args[0]);
        pass();
        credit(ctx, self);
      });
    }
  }
  const base = (win as any).SVGAnimatedString;
  hookProperty(base && base.prototype, 'baseVal', (pass, _self, args) => {
    args[0] = trusted(win, args[0], ctx.urls.url);
    return pass();
  });

  const attribute = (at: number) => (pass: () => any, self: any, args: any[]) => {
    const name = str.lower('' + args[at]);
    const kind = args.length > at + 1 && kinds[name];
    if (!kind) return pass();
    if (kind !== 3) args[at + 1] = mapValue(ctx, scope, name, args[at + 1]);
    pass();
    credit(ctx, self);
    return undefined;
  };
  hookMethod(win.Element.prototype, 'setAttribute', attribute(0));
  hookMethod(win.Element.prototype, 'setAttributeNS', attribute(1));
}
