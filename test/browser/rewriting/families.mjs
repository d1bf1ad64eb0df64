// The matrix: families of cases, one page each. Cases are functions of the page; ONE, TWO and CDN become the app's real
// names when it is served, so that what a case says is what an app of those hosts would say.

import markup from './markup.mjs';
import network from './network.mjs';
import policies from './policies.mjs';
import scripted from './scripted.mjs';

export const families = [...markup, ...scripted, ...network, ...policies];
