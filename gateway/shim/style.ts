// How a notice looks. Colours pass 4.5:1 in both schemes; forced colours take the system's own.

export const style = `
:host{all:initial!important;position:fixed!important;inset:auto 0 0 auto!important;z-index:2147483647!important;
border:0!important;padding:0!important;margin:0!important;background:none!important;overflow:visible!important;
font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif!important;color-scheme:light dark}
@media print{:host{display:none!important}}
section,dialog{--b:#fff;--f:#1b1b1f;--m:#55555f;--a:#0b5cad;--e:#c4c4cc;box-sizing:border-box;max-width:min(27rem,calc(100vw - 2rem));
background:var(--b);color:var(--f);border:1px solid var(--e);border-top:4px solid var(--a);border-radius:8px;
box-shadow:0 8px 28px #0005;padding:1rem 1.25rem;text-align:start;font:inherit}
@media (prefers-color-scheme:dark){section,dialog{--b:#22222a;--f:#f2f2f5;--m:#b8b8c4;--a:#7cb8ff;--e:#55555f}}
section{margin:1rem}
section:empty{display:none}
dialog::backdrop{background:#0007}
header{display:flex;gap:.5rem;align-items:center;color:var(--m);font-size:.8rem;margin-bottom:.4rem}
header img{height:1.25rem;max-width:8rem}
header svg{width:1.1rem;height:1.1rem;flex:none;fill:var(--a)}
h2{font-size:1.05rem;font-weight:600;margin:0 0 .25rem}
p{margin:.25rem 0;white-space:pre-line;overflow-wrap:anywhere}
small{display:block;color:var(--m);margin-top:.5rem}
code{font:600 .95em ui-monospace,monospace;color:var(--f);user-select:all}
footer{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.75rem}
a,button{font:inherit;color:var(--a);background:none;border:1px solid currentColor;border-radius:4px;padding:.3rem .8rem;
min-height:1.75rem;text-decoration:none;cursor:pointer;box-sizing:border-box}
a:hover,button:hover{text-decoration:underline}
a:focus-visible,button:focus-visible{outline:3px solid var(--a);outline-offset:2px}
@media (forced-colors:active){section,dialog{border:2px solid CanvasText}header svg{fill:CanvasText}}
`;
