navigator.serviceWorker?.register("/sw.js").catch(() => {}); // works without it as well
