// Service worker: keeps the application's scripts and opened pictures and files, and serves them when the
// network doesn't. Sent from /sw.js on the application's own host.
const name = "files-1";
const kept = ["https://static.invalid/", "https://cdn.invalid/r/", "https://cdn.invalid/d/", "https://cdn.invalid/c/"];

addEventListener("install", () => skipWaiting());
addEventListener("activate", (e) => e.waitUntil(clients.claim()));
addEventListener("fetch", (e) => {
  const { request } = e;
  if (request.method !== "GET" || request.headers.has("Range") || !kept.some((prefix) => request.url.startsWith(prefix))) return;
  e.respondWith((async () => {
    const cache = await caches.open(name);
    try {
      const response = await fetch(request);
      if (response.ok) e.waitUntil(cache.put(request, response.clone()));
      return response;
    } catch (err) {
      const old = await cache.match(request);
      if (old) return old;
      throw err;
    }
  })());
});
