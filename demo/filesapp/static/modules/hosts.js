// The application's origins, as text in a script: what big applications do.
export const APP = "https://app.invalid";
export const API = "https://api.invalid";
export const STATIC = "https://static.invalid";
export const CDN = "https://cdn.invalid";
